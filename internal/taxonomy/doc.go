// Package taxonomy keeps the town's three lists of words: who a citizen is, what she wants to hear about, where she
// lives.
//
// Nouns: a Category answers "chi sei?" (parent, over 65, business…), a Topic answers "cosa vuoi?" (theatre, waste
// collection…), a Place is a district or a hamlet, or [Outside], "fuori comune", which always exists. All three are a
// [Term]: a slug, a name in Italian and English, the code it has in an official list, a mark when it may reveal
// special-category data (GDPR, article 9).
//
// A town starts from the defaults (defaults.yaml names their sources) and declares its own terms with [Taxonomy.Apply].
//
// Promises: a slug, once taken, is never deleted and never means something else, because people and newsletters carry
// it: a term that goes out of use is retired, and can come back. Applying one declaration twice changes nothing the
// second time. A [Vocabulary] is a snapshot that never changes.
//
// Tables: taxonomy_category, taxonomy_topic, taxonomy_place; other rooms may point foreign keys at their slugs.
package taxonomy
