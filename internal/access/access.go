// Package access defines who acts (Actor) and what an actor may do (Permission).
//
// It stores nothing. Package identity finds the actor of a request and writes the audit log. Package web refuses a
// route whose permission the actor lacks. Rooms call Actor.CanIn where a right is limited to newsrooms.
package access

import (
	"context"
	"slices"
)

// Permission is the right to do one kind of thing.
type Permission string

// The permissions. No role grants the first three. Everybody has Public. Citizen needs the link that every message to a
// person carries. Proved needs, besides, a link or code that was sent to the person just now. The handlers check
// Citizen and Proved themselves.
const (
	Public  Permission = "public"
	Citizen Permission = "citizen"
	Proved  Permission = "citizen.proved"

	SignedIn         Permission = "signed-in"         // any member of staff
	WriteIssues      Permission = "issues.write"      // write, preview, test-send to oneself
	SendIssues       Permission = "issues.send"       // send, schedule, cancel
	SendUrgent       Permission = "issues.urgent"     // mark an issue urgent: it goes to everybody at once
	ResumeSending    Permission = "issues.resume"     // let a newsroom's sending go on after a brake stopped it
	ReadStatistics   Permission = "statistics.read"   // statistics of issues
	ManageNewsrooms  Permission = "newsrooms.manage"  // newsrooms and newsletters
	FindPeople       Permission = "people.find"       // look a person up; every look is audited
	ManagePeople     Permission = "people.manage"     // change, register, export, erase
	ManageTaxonomies Permission = "taxonomies.manage" // categories, topics, places
	ManageStaff      Permission = "staff.manage"      // accounts, roles, tokens
	SeeExact         Permission = "figures.exact"     // exact numbers of people; see package disclosure
	ReadAudit        Permission = "audit.read"        // the audit log
	OperateTown      Permission = "town.operate"      // deliveries, health, settings
)

// ActorKind is the kind of an actor.
type ActorKind string

// The kinds of actor.
const (
	Anonymous ActorKind = "anonymous" // a visitor who has not said who she is
	PersonAct ActorKind = "person"    // a citizen who opened a link of her own
	StaffAct  ActorKind = "staff"     // a member of staff, by session or token
	Console   ActorKind = "console"   // the command line
	System    ActorKind = "system"    // the program itself, on schedule
)

// Actor is who performs an action.
type Actor struct {
	Kind        ActorKind
	ID          int64        // id of the staff account or the person; 0 otherwise
	Name        string       // for the audit log: the account's e-mail, "console", "system"
	Permissions []Permission // granted by the role
	Newsrooms   []string     // slugs of the newsrooms that the rights are limited to; nil means every newsroom
	Called      string       // the account's display name; "" for a token
	Role        string       // the account's role; "" if there is none
}

// Can tells whether the actor has the permission in at least one newsroom.
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

// With returns a copy of ctx whose actor is actor.
func With(ctx context.Context, actor Actor) context.Context {
	return context.WithValue(ctx, key{}, actor)
}

// From returns the actor of the context, or an anonymous one if the context has none.
func From(ctx context.Context) Actor {
	if a, ok := ctx.Value(key{}).(Actor); ok {
		return a
	}
	return Actor{Kind: Anonymous}
}
