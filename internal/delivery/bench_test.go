package delivery_test

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"unoxuno/internal/clock"
	"unoxuno/internal/delivery"
	"unoxuno/internal/delivery/deliverytest"
	"unoxuno/internal/delivery/email"
	"unoxuno/internal/storage"
	"unoxuno/internal/storage/storagetest"
)

// BenchmarkBatch sends messages of 6 kB to the server of UNOXUNO_BENCH_SMTP (such as Postfix's smtp-sink), or to one in
// this process. It reports messages a second and this process's CPU seconds for a thousand messages:
//
//	smtp-sink 127.0.0.1:2525 1000 &
//	UNOXUNO_BENCH_SMTP=smtp://127.0.0.1:2525 go test -run '^$' -bench Batch -benchtime 20000x ./internal/delivery
func BenchmarkBatch(b *testing.B) {
	for _, engine := range []storage.Engine{storage.SQLite, storage.Postgres} {
		b.Run(engine.String(), func(b *testing.B) {
			db := storagetest.Open(b, engine, storage.Schema{Room: "delivery", Files: delivery.Schema()})
			url := os.Getenv("UNOXUNO_BENCH_SMTP")
			if url == "" {
				url = deliverytest.New(b, deliverytest.Options{Keep: -1}).URL()
			}
			o := newTown(b)
			body := strings.Repeat("Sabato 14 marzo alle 21, al teatro comunale: La locandiera.\r\n", 47)
			template, err := email.Compile(email.Message{
				From: email.Mailbox{Name: "Teatro", Address: "teatro@town.example"}, Subject: "La stagione", Bulk: true,
				Text: email.Part{{Literal: "Ciao ", Hole: 1}, {Literal: body}}, HTML: email.Part{{Literal: "Ciao ", Hole: 1}, {Literal: body}},
			})
			if err != nil {
				b.Fatal(err)
			}
			o.template = template
			n := newNode(b, db, o, clock.At(morning), url, func(s *delivery.Settings) { s.ChunkSize = 0 })
			batch := n.enqueue(b, 1, 1, int64(b.N))
			before, start := cpu(b), time.Now()
			b.ResetTimer()
			p, err := n.Drain(b.Context(), batch.ID, nil)
			b.StopTimer()
			if err != nil || p.Sent != int64(b.N) {
				b.Fatalf("%+v, %v", p, err)
			}
			b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "messages/s")
			b.ReportMetric((cpu(b)-before).Seconds()*1000/float64(b.N), "cpu-s/1000")
		})
	}
}

// cpu returns the processor time this process has used.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkFold fills the ledger with a batch of b.N messages and folds it. It reports messages a second for both:
//
//	go test -run '^$' -bench Fold -benchtime 100000x ./internal/delivery
func BenchmarkFold(b *testing.B) {
	for _, engine := range []storage.Engine{storage.SQLite, storage.Postgres} {
		b.Run(engine.String(), func(b *testing.B) {
			db := storagetest.Open(b, engine, storage.Schema{Room: "delivery", Files: delivery.Schema()})
			n := newNode(b, db, newTown(b), clock.At(morning), "", func(s *delivery.Settings) { s.ChunkSize, s.LedgerMonths = 0, 24 })
			start := time.Now()
			batch := n.enqueue(b, 1, 1, int64(b.N))
			filled := time.Since(start)
			for _, sent := range []string{
				"UPDATE delivery_message SET state = 'sent', attempts = 1 WHERE batch = $1", "UPDATE delivery_chunk SET due = 0 WHERE batch = $1",
			} {
				if _, err := db.ExecContext(b.Context(), sent, batch.ID); err != nil {
					b.Fatal(err)
				}
			}
			n.step(b) // finishes the batch
			n.clock.Set(morning.AddDate(2, 0, 1))
			b.ResetTimer()
			start = time.Now()
			n.fold(b)
			b.StopTimer()
			b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "folded/s")
			b.ReportMetric(float64(b.N)/filled.Seconds(), "filled/s")
			n.rows(b, batch, 0)
		})
	}
}
