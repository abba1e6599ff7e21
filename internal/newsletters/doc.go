// Package newsletters sends newsletters to the people they concern. It keeps newsrooms, their newsletters,
// subscriptions, issues, and the statistics of what was sent.
//
// Nouns: a [Newsroom] is an editorial team. A [Newsletter] is its periodical, about topics and for categories of
// people. A [Subscription] says that a person asked for one. An opt-out says that she left one that would reach her by
// profile. An [Issue] is one number of a newsletter; it goes draft → scheduled → sending → sent, or cancelled.
//
// Recipients of an issue: people who subscribed to the newsletter and whose consent "newsletter" is valid. Unless the
// newsletter is sensitive, also people whose consent "profile" is valid, who want one of its topics, who are in one of
// its categories if it names any, and who did not opt out. The issue's own audience narrows both groups. This is
// evaluated when sending begins, and again, except for the audience, for each person when her message leaves.
//
// Promises:
//   - Send does everything in one transaction, or nothing. Sending twice adds nobody.
//   - What was sent never changes: content, sender's name and links are frozen when sending begins.
//   - If two people edit one issue, the second is told, and nothing is overwritten.
//   - Nobody gets an issue on two channels. A subscriber gets it on the channel she chose. By profile it comes by
//     e-mail to people with a confirmed address, and otherwise by text message if the issue has a text.
//   - Leaving takes effect at once: what is queued for her is withdrawn.
//   - One mail per person and slot: issues that are not to come at once wait (newsletters_kept) and go together in one
//     digest, at the town's hour. Whatever she changes meanwhile, and whichever process dies, nobody misses an issue
//     she is entitled to and nobody gets it twice. An issue is sent only when nobody waits for it any more.
//   - A person who changes her channel while an issue waits for her slot gets it in that slot: by text message if the
//     issue has a text and she a mobile number, otherwise in the mail as before.
//   - A person who changes her channel while a message is deferred gets the issue on the new channel, at her pace
//     there: by text message if the issue has a text and she a mobile number, by mail if she has an address. Otherwise
//     it stays as it was.
//   - An issue that cannot be read is left out of a digest; the rest of the digest goes. The issue waits for the next
//     slot, and the office is told, until it is repaired or cancelled. It breaks no list, delays no other issue, and
//     can be unsubscribed from.
//   - Retry ([Room.Retry]) sends failed messages again to the issue's own recipients only: alone, or in the mail of a
//     digest with everything it held. It works until delivery keeps only numbers of the issue. Every page still shows
//     these.
//   - In a pause nothing comes to her, and never more messages a week than she and the town allow. Urgent issues are
//     exempt.
//   - A sensitive newsletter goes only to people who subscribed themselves (GDPR, article 9).
//   - Links and the tracking pixel are the same for all recipients. Of a visit we keep only its hour, and whether it
//     seems to be a person's; see [Visit]. No network address is ever written.
//   - Only in the mail of a person whose consent "reading" is valid when it leaves do links carry her token, and never
//     in a sensitive newsletter. Only then, and while the consent is valid, do we record which links she followed
//     ([Reading]). She alone sees it. It is deleted with the consent, with the person, and after thirteen months.
//     Editors see the number of such readers, but not below the floor.
//   - Links are answered from memory. Visits are counted in memory and written every second ([Room.KeepCounting]), in a
//     transaction that adds to what other nodes wrote. A stop loses none ([Room.Close]) and a database that is away
//     delays them. A killed process loses at most those of its last second.
//   - Actors who may not see exact numbers see only figures of package disclosure ([Room.AskReach], [Statistics]).
//     Fewer recipients than the floor must be confirmed, and nothing is shown of what they read.
//   - A newsroom's rights end at its own newsletters, on every route.
//
// Tables: newsletters_newsroom, newsletters_newsletter, newsletters_topic, newsletters_for, newsletters_subscription,
// newsletters_optout, newsletters_rhythm, newsletters_issue, newsletters_link, newsletters_visits, newsletters_reading,
// newsletters_image, newsletters_kept, newsletters_digest, newsletters_digested; newsletters_count,
// newsletters_count_range and newsletters_count_place (kept counts of subscribers). The room reads the views
// people_profile, people_reachable, people_preferred, people_consenting, delivery_facts and delivery_counts, and the
// tables people_who, people_wants.
//
// Facts published: subscriptions, to people's audiences ([Room.Subscribed]); the contents of digests, to delivery,
// under a second name ([Room.Digests]).
// what digests hold ([Room.Digests]).
package newsletters
