package storage_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"

	"unoxuno/internal/fault"
	"unoxuno/internal/storage"
	"unoxuno/internal/storage/storagetest"
)

// pooler passes bytes between clients and the server of url, and tells clients of another process than the one that
// answers, as PgBouncer does. It returns the address that leads through it.
func pooler(t *testing.T, url string) string {
	t.Helper()
	config, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it ends with the test
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			network, address := pgxNetwork(config)
			server, err := net.Dial(network, address) //nolint:noctx // likewise
			if err != nil {
				_ = client.Close()
				continue
			}
			go func() { _, _ = io.Copy(server, client); _ = server.Close() }()
			go func() { _ = answer(client, server); _ = client.Close() }()
		}
	}()
	search := config.RuntimeParams["search_path"]
	return fmt.Sprintf("postgres://%s:%s@%s/%s?sslmode=disable&search_path=%s", config.User, config.Password, listener.Addr(), config.Database, search)
}

func pgxNetwork(config *pgx.ConnConfig) (network, address string) {
	if info, err := os.Stat(config.Host); err == nil && info.IsDir() {
		return "unix", fmt.Sprintf("%s/.s.PGSQL.%d", config.Host, config.Port)
	}
	return "tcp", net.JoinHostPort(config.Host, fmt.Sprint(config.Port))
}

// answer passes on what the server says, message by message, with another process in BackendKeyData.
func answer(client io.Writer, server io.Reader) error {
	for {
		head := make([]byte, 5)
		if _, err := io.ReadFull(server, head); err != nil {
			return err
		}
		body := make([]byte, binary.BigEndian.Uint32(head[1:])-4)
		if _, err := io.ReadFull(server, body); err != nil {
			return err
		}
		if head[0] == 'K' {
			binary.BigEndian.PutUint32(body, binary.BigEndian.Uint32(body)+1)
		}
		if _, err := client.Write(append(head, body...)); err != nil {
			return err
		}
	}
}

// Through a pooler everything works but a dry run, which is refused before it makes a table that would be another
// client's afterwards.
func TestADryRunRefusesAPooler(t *testing.T) {
	url := storagetest.Migrated(t, storage.Postgres, schema(things))
	for name, through := range map[string]string{"direct": url, "pooled": pooler(t, url)} {
		db, err := storage.Open(t.Context(), through)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		if _, err := db.ExecContext(t.Context(), "INSERT INTO thing_item (id, name) VALUES ($1, 'kept')", storage.NewID()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		_, discard, err := db.Scratch(t.Context(), []string{"thing_item"}, "")
		if name == "direct" {
			if err = errors.Join(err, discard()); err != nil {
				t.Errorf("direct: %v", err)
			}
			continue
		}
		if !fault.HasKey(err, "storage.scratch_pooler") {
			t.Errorf("pooled: %v", err)
		}
		var left int
		err = db.QueryRowContext(t.Context(), "SELECT count(*) FROM pg_class WHERE relname = 'thing_item' AND relpersistence = 't'").Scan(&left)
		if err != nil || left > 0 {
			t.Errorf("%d temporary tables are left (%v)", left, err)
		}
	}
}
