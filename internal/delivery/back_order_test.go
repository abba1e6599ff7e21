package delivery_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"unoxuno/internal/delivery"
	"unoxuno/internal/fault"
)

func TestAnyOrderAndRepetitionOfNoticesSuppressesTheSame(t *testing.T) {
	n, batch, to := sentTown(t, storageSQLite(t))
	second, third := n.enqueue(t, 2, 1, 5), n.enqueue(t, 3, 1, 5)
	n.step(t)
	n.town.set(func(o *town) { o.address[4] = "moved@example.org" })
	var notices [][2]string
	for p := int64(1); p <= 4; p++ {
		for _, b := range []delivery.Batch{batch, second, third} {
			envelope := n.EnvelopeTo(b.ID, p, addressOf(p))
			if p > 1 {
				notices = append(notices, [2]string{envelope, notice(addressOf(p), "4.2.2", full)}, [2]string{envelope, notice("account@inner.example", "5.7.1", listed)})
			}
		}
		if p > 2 {
			notices = append(notices, [2]string{to[p], notice("account@inner.example", "5.1.1", unknown)}, [2]string{to[p], notice(addressOf(p), "5.1.1", unknown)})
		}
		if p == 1 || p == 3 {
			notices = append(notices, [2]string{to[p], complaint("To: " + addressOf(p) + "\n")})
		}
	}
	play := func(order []int) string {
		for _, table := range []string{"delivery_return", "delivery_suppression"} {
			if _, err := n.db.ExecContext(t.Context(), "DELETE FROM "+table); err != nil {
				t.Fatal(err)
			}
		}
		for _, i := range order {
			n.mustBack(t, notices[i][0], notices[i][1])
		}
		return n.suppressions(t)
	}
	inOrder := make([]int, len(notices))
	for i := range inOrder {
		inOrder[i] = i
	}
	want := play(inOrder)
	if strings.Count(want, "\n") != 4 || !strings.Contains(want, "soft") || strings.Count(want, "complaint") != 2 || strings.Count(want, "hard") != 1 {
		t.Fatalf("the state is\n%s", want)
	}
	rapid.Check(t, func(t *rapid.T) {
		order := rapid.Permutation(inOrder).Draw(t, "order")
		order = append(order, rapid.SliceOfN(rapid.IntRange(0, len(notices)-1), 0, 20).Draw(t, "again")...)
		if got := play(order); got != want {
			t.Fatalf("in the order %v it is\n%snot\n%s", order, got, want)
		}
	})
}

// suppressions returns the suppression list with its reasons.
func (n *node) suppressions(t testing.TB) string {
	t.Helper()
	rows, err := n.db.QueryContext(t.Context(), "SELECT digest, reason FROM delivery_suppression ORDER BY digest")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all strings.Builder
	for rows.Next() {
		var digest, reason string
		if err := rows.Scan(&digest, &reason); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&all, digest, reason)
	}
	if rows.Err() != nil {
		t.Fatal(rows.Err())
	}
	return all.String()
}

// Every mail of the parser's tests is processed or refused with a sentence, and nothing breaks.
func TestEveryKnownMailIsTaken(t *testing.T) {
	n, _, to := sentTown(t, storageSQLite(t))
	files, err := filepath.Glob("bounce/testdata/*.eml")
	if err != nil || len(files) < 50 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(file)
		letter, sender := strings.HasPrefix(name, "none-"), ""
		if letter {
			sender = "someone@example.org"
		}
		err = n.back(t, sender, to[5], string(text))
		if letter != fault.HasKey(err, "delivery.back.letter") || !letter && err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	n.suppressed(t, "5")
}
