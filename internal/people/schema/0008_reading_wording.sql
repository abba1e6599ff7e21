-- +goose Up
-- The consent to a record of what she reads, in plainer words. Consents given to version 1 stand as they were given.
INSERT INTO people_consent_text (purpose, version, wording_it, wording_en, since) VALUES
    ('reading', '2',
     'Potete tenere traccia di quali messaggi apro e di quali collegamenti seguo (la prima volta, l’ultima e quante volte), per mandarmi cose più utili; mai per le newsletter su temi delicati. Lo vedo io sulla mia pagina, e il personale solo se gli chiedo una copia dei miei dati; le redazioni vedono soltanto totali, mai sotto le cinque persone. Dopo 13 mesi si cancella da sé. Posso cambiare idea in qualsiasi momento, sulla mia pagina: allora le mie letture si cancellano subito.',
     'You may keep a record of which messages I open and which links I follow (when first, when last and how often), so that what you send me is more useful to me; never for newsletters on sensitive matters. I see it on my own page, and staff see it only when I ask them for a copy of my data; newsrooms see totals only, never below five people. It is deleted after 13 months. I can change my mind at any time, on my own page: the record is then deleted at once.', 0);
