// Package newsletters writes to those whom something concerns: newsrooms, their newsletters, who gets them, the issues,
// and the numbers that come back.
//
// Nouns: a [Newsroom] is an editorial team; a [Newsletter] is its periodical, about topics and for categories of people;
// a [Subscription] says that a person asked for one; an opt-out says that she left one that would reach her by profile;
// an [Issue] is one number of a newsletter, and goes draft → scheduled → sending → sent, or cancelled.
//
// Who gets an issue: those who subscribed to the newsletter and whose consent "newsletter" stands; and, unless the
// newsletter is sensitive, those whose consent "profile" stands, who want one of its topics, who are of one of its
// categories where it names any, and who did not opt out of it. The issue's own audience narrows both. All this is asked
// when sending begins, in one statement, and again, but for the audience, of each person when her message leaves.
//
// Promises:
//   - Send does everything in one transaction, or nothing. Sending twice adds nobody.
//   - What was sent never changes: content, sender's name and links are frozen when sending begins.
//   - Two people who edit one issue: the second is told, and nothing is overwritten.
//   - Nobody gets an issue by two channels: whoever subscribed gets it by the one she chose; by profile it comes by e-mail
//     to whoever has a confirmed address, else by text message, where the issue has something to say there.
//   - Whoever leaves is out at once: what is already queued for her is withdrawn.
//   - One mail per person per slot: what is not to come at once waits (newsletters_kept) and goes with the others in one
//     digest, at the town's hour. Whatever she changes meanwhile, and whoever dies, nobody misses an issue she is entitled
//     to and nobody gets it twice. An issue is sent only when nobody waits for it any more.
//   - Who chooses another channel while an issue waits for her slot gets it in that slot all the same: by text message
//     where the issue has one and she a mobile, else in the mail, as it was owed to her.
//   - Who changes her channel while a message of an issue is put off gets it by the other, at her pace there: by text message
//     where the issue has one and she a mobile, by mail where she has an address; else as it was owed to her.
//   - An issue that cannot be read is left out of a digest, which goes with the others; it is owed to the next slot, and
//     the office is told, until it is mended or cancelled. It breaks no list, keeps no other from leaving, and can be left.
//   - What failed is tried again ([Room.Retry]) for the issue's own readers only: on its own, or in the mail of a digest,
//     which goes with all that it held; until delivery keeps only numbers of it, which every page goes on showing.
//   - In a pause nothing comes to her, and no more messages a week than she and the town allow; what is urgent does.
//   - A sensitive newsletter goes to nobody who did not ask for it herself (GDPR, article 9).
//   - Links and the opening mark are the same for all who get an issue. Of a visit only its hour is kept, and whether it
//     seems a person's; see [Visit] for the rule. No network address is ever written.
//   - Only in the mail of a person whose consent "reading" stands as it leaves are they followed by a token of hers, never
//     in that of a sensitive newsletter; and only then, and while that consent stands, it is noted which she followed
//     ([Reading]). She alone sees it; it goes with the consent, with her, and after thirteen months. Editors are told how
//     many such readers there were, and not below a few.
//   - Links are answered from memory, and visits counted there and written every second ([Room.KeepCounting]), in one
//     transaction that adds to what other nodes wrote. A stop loses none ([Room.Close]), a database that is away delays
//     them; a process that is killed loses those of its last second at most.
//   - Who may not see exact numbers is shown none but those of package disclosure ([Room.AskReach], [Statistics]); fewer
//     recipients than the floor are confirmed, and nothing is told of what they read.
//   - A newsroom's rights end at its own newsletters, whatever the route that was taken.
//
// Tables: newsletters_newsroom, newsletters_newsletter, newsletters_topic, newsletters_for, newsletters_subscription,
// newsletters_optout, newsletters_rhythm, newsletters_issue, newsletters_link, newsletters_visits, newsletters_reading,
// newsletters_image, newsletters_kept, newsletters_digest, newsletters_digested; newsletters_count, newsletters_count_range
// and newsletters_count_place (kept counts of subscribers). The room reads the
// views people_profile, people_reachable, people_consenting, delivery_facts and delivery_counts, and the tables people_who,
// people_wants.
//
// Facts published: to people's audience, who is subscribed to what ([Room.Subscribed]); to delivery, under a second name,
// what digests hold ([Room.Digests]).
package newsletters
