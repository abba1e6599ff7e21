package identity

import (
	"slices"

	"unoxuno/internal/access"
	"unoxuno/internal/fault"
)

// Role is a named set of permissions. There are four fixed roles: a town assigns them, but cannot change their meaning.
type Role string

// The roles.
const (
	Administrator Role = "administrator" // everything
	Publisher     Role = "publisher"     // second pair of eyes: writes and sends, in some newsrooms or all
	Editor        Role = "editor"        // writes within newsrooms, sends nothing
	Operator      Role = "operator"      // the front desk: finds, registers and helps people
)

// Roles lists every role, most powerful first.
func Roles() []Role { return []Role{Administrator, Publisher, Editor, Operator} }

// ParseRole returns the role with that name.
func ParseRole(name string) (Role, error) {
	if r := Role(name); slices.Contains(Roles(), r) {
		return r, nil
	}
	return "", fault.Invalid("identity.role_unknown", "Role", name).On("role")
}

// Permissions returns what the role grants.
func (r Role) Permissions() []access.Permission {
	switch r {
	case Administrator:
		return []access.Permission{
			access.WriteIssues, access.SendIssues, access.SendUrgent, access.ResumeSending, access.ReadStatistics, access.ManageNewsrooms, access.FindPeople,
			access.ManagePeople, access.ManageTaxonomies, access.ManageStaff, access.ReadAudit, access.OperateTown, access.SeeExact,
		}
	case Publisher:
		return []access.Permission{access.WriteIssues, access.SendIssues, access.SendUrgent, access.ResumeSending, access.ReadStatistics}
	case Editor:
		return []access.Permission{access.WriteIssues, access.ReadStatistics}
	case Operator:
		return []access.Permission{access.FindPeople, access.ManagePeople}
	}
	return nil
}

// newsrooms returns the newsrooms that limit the role's rights, nil for none: an editor without newsrooms writes
// nowhere, a publisher without newsrooms publishes for all.
func (r Role) newsrooms(named []string) []string {
	switch {
	case r == Editor:
		return append([]string{}, named...)
	case r == Publisher && len(named) > 0:
		return named
	}
	return nil
}
