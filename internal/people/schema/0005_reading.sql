-- +goose Up
-- A third purpose: that what she reads is noted.
INSERT INTO people_consent_text (purpose, version, wording_it, wording_en, since) VALUES
    ('reading', '1',
     'Potete vedere quali notizie apro, per scrivermi meglio. Annotate quali messaggi apro e quali collegamenti seguo, la prima volta, l’ultima e quante volte; mai per le newsletter su temi delicati. Lo vedo io sulla mia pagina, e il personale solo se gli chiedo una copia dei miei dati; le redazioni vedono soltanto totali, mai sotto le cinque persone. Dopo 13 mesi si cancella da sé. Posso cambiare idea in qualsiasi momento, sulla mia pagina: quello che è stato annotato si cancella subito.',
     'You may see which news I open, to write to me better. You note which messages I open and which links I follow, when first, when last and how often; never of newsletters on delicate matters. I see it on my own page, and staff only when I ask them for a copy of my data; newsrooms see totals alone, never below five people. After 13 months it is deleted by itself. I can change my mind at any time, on my own page: what was noted is deleted at once.', 0);
