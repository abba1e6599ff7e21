package identity

import (
	"context"
	"errors"
	"net/mail"
	"strconv"
	"strings"
	"time"

	"unoxuno/internal/access"
	"unoxuno/internal/clock"
	"unoxuno/internal/fault"
	"unoxuno/internal/identity/db"
	"unoxuno/internal/plaintext"
	"unoxuno/internal/storage"
)

// Staff is an account of the back office.
type Staff struct {
	ID         int64
	Email      string
	Name       string
	Role       Role
	Newsrooms  []string // slugs that limit the role's rights
	Active     bool
	Invited    bool // has not chosen a password yet
	SignedInAt time.Time
	Mobile     string // her own number, proved by a code; "" for none
	Stamp      string // changes with the password and with deactivation; sessions with another stamp are invalid
}

// Actor returns the account as an actor.
func (s Staff) Actor() access.Actor {
	return access.Actor{
		Kind: access.StaffAct, ID: s.ID, Name: s.Email, Permissions: s.Role.Permissions(), Newsrooms: s.Role.newsrooms(s.Newsrooms),
		Called: s.Name, Role: string(s.Role),
	}
}

func staffOf(row db.IdentityStaff, newsrooms []string) Staff {
	return Staff{
		ID: row.ID, Email: row.Email, Name: row.Name, Role: Role(row.Role), Newsrooms: newsrooms, Active: row.Active,
		Invited: row.PasswordHash == "", SignedInAt: clock.Time(row.SignedInAt), Mobile: row.Mobile,
		Stamp: digest(stamped(row))[:16],
	}
}

// stamped returns the stamp: it changes with the password, and for good when the account is deactivated.
func stamped(row db.IdentityStaff) string {
	if row.Generation == 0 {
		return row.PasswordHash
	}
	return row.PasswordHash + " " + strconv.FormatInt(row.Generation, 10)
}

// foldEmail returns the address in the form that identifies accounts.
func foldEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

func (s *Staff) check() error {
	p := plaintext.Each(&s.Email, &s.Name)
	s.Email = foldEmail(s.Email)
	if a, err := mail.ParseAddress(s.Email); err != nil || a.Address != s.Email || !strings.Contains(s.Email, "@") {
		p = append(p, fault.Invalid("identity.email_malformed", "Email", s.Email).On("email"))
	}
	if s.Name == "" {
		s.Name, _, _ = strings.Cut(s.Email, "@")
	}
	if _, err := ParseRole(string(s.Role)); err != nil {
		return p.Add("role", err)
	}
	if s.Role == Editor && len(s.Newsrooms) == 0 {
		p = append(p, fault.Invalid("identity.newsroom_missing").On("newsrooms"))
	}
	return p.Err()
}

// AddStaff creates an account without a password; its owner chooses one by the link of Invitation. An address has at
// most one account.
func (r *Room) AddStaff(ctx context.Context, s Staff) (Staff, error) {
	if err := s.check(); err != nil {
		return Staff{}, err
	}
	s.ID, s.Active, s.Invited = storage.NewID(), true, true
	err := r.db.Tx(ctx, func(tx *storage.Tx) error {
		q := db.New(tx)
		err := q.InsertStaff(ctx, db.InsertStaffParams{
			ID: s.ID, Email: s.Email, Name: s.Name, Role: string(s.Role), CreatedAt: clock.Millis(r.clock.Now()),
		})
		if storage.IsUnique(err) {
			return fault.Conflict("identity.email_taken", "Email", s.Email).On("email")
		}
		if err != nil {
			return err
		}
		if err := setNewsrooms(ctx, q, s); err != nil {
			return err
		}
		return r.Audit(ctx, tx, "audit.staff.added", "staff "+s.Email, string(s.Role)+" "+strings.Join(s.Newsrooms, ","))
	})
	return s, err
}

func setNewsrooms(ctx context.Context, q *db.Queries, s Staff) error {
	if err := q.ClearNewsrooms(ctx, s.ID); err != nil {
		return err
	}
	for _, n := range s.Newsrooms {
		if err := q.AddNewsroom(ctx, db.AddNewsroomParams{StaffID: s.ID, Newsroom: n}); err != nil {
			return err
		}
	}
	return nil
}

// UpdateStaff changes name, role, newsrooms and active state.
func (r *Room) UpdateStaff(ctx context.Context, s Staff) error {
	if err := s.check(); err != nil {
		return err
	}
	return r.db.Tx(ctx, func(tx *storage.Tx) error {
		if err := holdAccounts(ctx, tx, s.ID); err != nil {
			return err
		}
		q := db.New(tx)
		was, err := q.StaffByID(ctx, s.ID)
		if err != nil {
			return notFound(err)
		}
		if s.Role != Administrator || !s.Active {
			others, err := q.ActiveAdministrators(ctx, s.ID)
			if err != nil {
				return err
			}
			if others == 0 && Role(was.Role) == Administrator && was.Active {
				return fault.Conflict("identity.last_administrator")
			}
		}
		ended := int64(0)
		if !s.Active {
			ended = 1
		}
		err = q.UpdateStaff(ctx, db.UpdateStaffParams{ID: s.ID, Name: s.Name, Role: string(s.Role), Active: s.Active, Generation: ended})
		if err != nil {
			return err
		}
		if !s.Active {
			if err := q.EndTokensOf(ctx, db.EndTokensOfParams{OwnerID: s.ID, EndedAt: clock.Millis(r.clock.Now())}); err != nil {
				return err
			}
		}
		if err := setNewsrooms(ctx, q, s); err != nil {
			return err
		}
		return r.Audit(ctx, tx, "audit.staff.changed", "staff "+s.Email, string(s.Role)+" "+strings.Join(s.Newsrooms, ","))
	})
}

// holdAccounts locks the row of an account that will change, and those of all administrators, until tx ends, so that
// one transaction at a time decides whether an administrator is left. Rows are locked in the order of their numbers.
func holdAccounts(ctx context.Context, tx *storage.Tx, id int64) error {
	rows, err := tx.QueryContext(ctx, "SELECT id FROM identity_staff WHERE id = $1 OR role = $2 ORDER BY id"+tx.Engine().ForUpdate(),
		id, string(Administrator))
	if err != nil {
		return err
	}
	for rows.Next() { // reading a row locks it
	}
	return errors.Join(rows.Err(), rows.Close())
}

func notFound(err error) error {
	if storage.None(err) {
		return fault.NotFound("identity.staff_unknown").Because(err)
	}
	return err
}

// StaffByID returns an account.
func (r *Room) StaffByID(ctx context.Context, id int64) (Staff, error) {
	q := db.New(r.db)
	row, err := q.StaffByID(ctx, id)
	if err != nil {
		return Staff{}, notFound(err)
	}
	newsrooms, err := q.NewsroomsOf(ctx, id)
	return staffOf(row, newsrooms), err
}

// StaffByEmail returns the account of an address.
func (r *Room) StaffByEmail(ctx context.Context, email string) (Staff, error) {
	row, err := db.New(r.db).StaffByEmail(ctx, foldEmail(email))
	if err != nil {
		return Staff{}, notFound(err)
	}
	return r.StaffByID(ctx, row.ID)
}

// AllStaff lists every account, active ones first.
func (r *Room) AllStaff(ctx context.Context) ([]Staff, error) {
	q := db.New(r.db)
	rows, err := q.AllStaff(ctx)
	if err != nil {
		return nil, err
	}
	bounds, err := q.AllNewsrooms(ctx)
	if err != nil {
		return nil, err
	}
	newsrooms := map[int64][]string{}
	for _, b := range bounds {
		newsrooms[b.StaffID] = append(newsrooms[b.StaffID], b.Newsroom)
	}
	all := make([]Staff, len(rows))
	for i, row := range rows {
		all[i] = staffOf(row, newsrooms[row.ID])
	}
	return all, nil
}

// invitationLife is how long an invitation is valid.
const invitationLife = 7 * 24 * time.Hour

// Invitation makes the token with which the account's owner chooses a password. It works once, because it is bound to
// the password hash at its creation.
func (r *Room) Invitation(ctx context.Context, id int64) (string, error) {
	row, err := db.New(r.db).StaffByID(ctx, id)
	if err != nil {
		return "", notFound(err)
	}
	return r.sealer.Ints(invitationPurpose(stamped(row)), r.clock.Now().Add(invitationLife), id), nil
}

func invitationPurpose(stamped string) string { return "identity.invitation " + stamped }

// OpenInvitation returns the account of a valid invitation. Accounts are few, so it tries them all.
func (r *Room) OpenInvitation(ctx context.Context, token string) (Staff, error) {
	all, err := db.New(r.db).AllStaff(ctx)
	if err != nil {
		return Staff{}, err
	}
	for _, row := range all {
		ids, err := r.sealer.OpenInts(invitationPurpose(stamped(row)), token, r.clock.Now(), 1)
		if err == nil && ids[0] == row.ID && row.Active {
			return r.StaffByID(ctx, row.ID)
		}
	}
	return Staff{}, fault.Expired("identity.invitation_over")
}

// AcceptInvitation sets the account's password.
func (r *Room) AcceptInvitation(ctx context.Context, token, password string) (Staff, error) {
	s, err := r.OpenInvitation(ctx, token)
	if err != nil {
		return Staff{}, err
	}
	ctx = access.With(ctx, s.Actor()) // the invitation authenticates the owner
	return s, r.setPassword(ctx, s, password, func(now Staff) error {
		if now.Stamp != s.Stamp || !now.Active { // it was used meanwhile, or the account was deactivated
			return fault.Expired("identity.invitation_over")
		}
		return nil
	})
}

// SetPassword sets the account's password.
func (r *Room) SetPassword(ctx context.Context, s Staff, password string) error {
	return r.setPassword(ctx, s, password, func(Staff) error { return nil })
}

// setPassword is SetPassword if may agrees to the account as it is once it is locked.
func (r *Room) setPassword(ctx context.Context, s Staff, password string, may func(now Staff) error) error {
	if err := checkPassword(password, append(r.words(), s.Name, s.Email)); err != nil {
		return err
	}
	leave, err := r.gate.enter(ctx, "")
	if err != nil {
		return err
	}
	hash, err := hashPassword(password)
	leave()
	if err != nil {
		return err
	}
	return r.db.Tx(ctx, func(tx *storage.Tx) error {
		if err := holdAccounts(ctx, tx, s.ID); err != nil {
			return err
		}
		row, err := db.New(tx).StaffByID(ctx, s.ID)
		if err != nil {
			return notFound(err)
		}
		if err := may(staffOf(row, nil)); err != nil {
			return err
		}
		if err := db.New(tx).SetPassword(ctx, db.SetPasswordParams{ID: s.ID, PasswordHash: hash}); err != nil {
			return err
		}
		return r.Audit(ctx, tx, "audit.staff.password", "staff "+s.Email, "")
	})
}
