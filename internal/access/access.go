// Package access holds the nouns of permission: who acts (Actor) and what may be done (Permission).
//
// It keeps nothing and decides little: identity finds the actor of a request and writes what was done to the audit
// log; web refuses a route whose permission the actor lacks; rooms ask Actor.CanIn where a newsroom bounds a right.
package access

import (
	"context"
	"slices"
)

// Permission is the right to do one kind of thing.
type Permission string

// The permissions there are. The first three are not granted by a role: Public is everybody's; Citizen is of whoever holds
// the link that every message to a person carries; Proved is of whoever has besides used a link, or a code, that was sent
// to her just now. The handlers themselves look at both.
const (
	Public  Permission = "public"
	Citizen Permission = "citizen"
	Proved  Permission = "citizen.proved"

	SignedIn         Permission = "signed-in"         // any member of staff
	WriteIssues      Permission = "issues.write"      // write, preview, test-send to oneself
	SendIssues       Permission = "issues.send"       // send, schedule, cancel
	SendUrgent       Permission = "issues.urgent"     // mark an issue urgent: it goes to everybody at once
	ResumeSending    Permission = "issues.resume"     // let a newsroom go on that a brake holds
	ReadStatistics   Permission = "statistics.read"   // numbers of issues
	ManageNewsrooms  Permission = "newsrooms.manage"  // newsrooms and newsletters
	FindPeople       Permission = "people.find"       // look a person up; every look is audited
	ManagePeople     Permission = "people.manage"     // change, register, export, erase
	ManageTaxonomies Permission = "taxonomies.manage" // categories, topics, places
	ManageStaff      Permission = "staff.manage"      // accounts, roles, tokens
	SeeExact         Permission = "figures.exact"     // exact numbers of people; see package disclosure
	ReadAudit        Permission = "audit.read"        // the audit log
	OperateTown      Permission = "town.operate"      // deliveries, health, settings
)

// ActorKind says what sort of one acts.
type ActorKind string

// The kinds of actor.
const (
	Anonymous ActorKind = "anonymous" // a visitor who has not said who she is
	PersonAct ActorKind = "person"    // a citizen, by a link of her own
	StaffAct  ActorKind = "staff"     // a member of staff, by session or token
	Console   ActorKind = "console"   // the command line
	System    ActorKind = "system"    // the program itself, on schedule
)

// Actor is the one who does something.
type Actor struct {
	Kind        ActorKind
	ID          int64        // of the staff account or the person; 0 otherwise
	Name        string       // for the audit log: the account's e-mail, "console", "system"
	Permissions []Permission // what a role grants
	Newsrooms   []string     // slugs that bound the newsroom rights; nil means every newsroom
	Called      string       // the account's own name, to be shown; "" where a program acts by a token
	Role        string       // the account's role; "" where there is none
}

// Can tells whether the actor has the permission anywhere at all.
func (a Actor) Can(p Permission) bool {
	switch {
	case p == Public, p == Citizen, p == Proved:
		return true
	case a.Kind == Console, a.Kind == System:
		return true
	case a.Kind != StaffAct:
		return false
	}
	return p == SignedIn || slices.Contains(a.Permissions, p)
}

// CanIn tells whether the actor has the permission in that newsroom.
func (a Actor) CanIn(p Permission, newsroom string) bool {
	return a.Can(p) && (a.Newsrooms == nil || slices.Contains(a.Newsrooms, newsroom))
}

type key struct{}

// With returns a context in which actor acts.
func With(ctx context.Context, actor Actor) context.Context {
	return context.WithValue(ctx, key{}, actor)
}

// From is the actor of the context, an anonymous one when nobody was named.
func From(ctx context.Context) Actor {
	if a, ok := ctx.Value(key{}).(Actor); ok {
		return a
	}
	return Actor{Kind: Anonymous}
}
