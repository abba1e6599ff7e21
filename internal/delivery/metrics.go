package delivery

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"unoxuno/internal/clock"
	"unoxuno/internal/delivery/db"
)

// metrics are this process's numbers. None reveals anything about a person.
type metrics struct {
	outcomes *prometheus.CounterVec
	reasons  *prometheus.CounterVec
	seconds  prometheus.Histogram
	recorded prometheus.Histogram
	lost     prometheus.Counter
	returns  *prometheus.CounterVec
	forged   prometheus.Counter

	receipts  *prometheus.CounterVec
	strangers prometheus.Counter
	inbound   *prometheus.CounterVec
}

// back counts a mail that arrived.
func (m *metrics) back(kind string) { m.returns.WithLabelValues(kind).Inc() }

func newMetrics() *metrics {
	return &metrics{
		outcomes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "unoxuno_delivery_outcomes_total", Help: "Messages by what has become of them, as this process put it on record.",
		}, []string{"state"}),
		reasons: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "unoxuno_delivery_failures_total", Help: "Messages refused or put off, by reason.",
		}, []string{"state", "reason"}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "unoxuno_delivery_answer_seconds", Help: "From a message's turn on its connection to the relay's answer.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 4, 10),
		}),
		recorded: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "unoxuno_delivery_record_seconds", Help: "Time to put a group of outcomes on record.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 4, 10),
		}),
		lost: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "unoxuno_delivery_leases_lost_total", Help: "Chunks that another node had taken over when this one came back.",
		}),
		returns: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "unoxuno_delivery_returns_total",
			Help: "What came back: hard, soft and complaint by the message; auto, unsubscribe, letter and unknown by the mail.",
		}, []string{"kind"}),
		forged: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "unoxuno_delivery_forged_tokens_total", Help: "Mails with a token that is not of our making.",
		}),
		receipts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "unoxuno_sms_receipts_total", Help: "Receipts of text messages, by what they say.",
		}, []string{"state"}),
		strangers: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "unoxuno_sms_receipts_unknown_total", Help: "Receipts of text messages that were not on record when they came.",
		}),
		inbound: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "unoxuno_sms_inbound_total", Help: "Text messages that people wrote to us, by what they ask.",
		}, []string{"command"}),
	}
}

// count counts a group of recorded outcomes.
func (m *metrics) count(group []outcome, took time.Duration) {
	m.recorded.Observe(took.Seconds())
	sent := 0
	for _, o := range group {
		switch o.state {
		case "":
		case Sent:
			sent++
		default:
			m.outcomes.WithLabelValues(string(o.state)).Inc()
			if o.reason != "" {
				m.reasons.WithLabelValues(string(o.state), string(o.reason)).Inc()
			}
		}
	}
	m.outcomes.WithLabelValues(string(Sent)).Add(float64(sent))
}

// Metrics that are read on request: of the ledger, which all nodes share, and of this process's relay.
var (
	dueDesc = prometheus.NewDesc("unoxuno_delivery_chunks_due",
		"Chunks of the ledger that hold messages due now, whoever works on them.", nil, nil)
	leasedDesc  = prometheus.NewDesc("unoxuno_delivery_chunks_leased", "Chunks that a node is working on.", nil, nil)
	lagDesc     = prometheus.NewDesc("unoxuno_delivery_lag_seconds", "How long the oldest chunk that is due has been so.", nil, nil)
	notesDesc   = prometheus.NewDesc("unoxuno_delivery_notes", "Single mails by state.", []string{"state"}, nil)
	brakesDesc  = prometheus.NewDesc("unoxuno_delivery_brakes", "Accounts whose batches stand still.", nil, nil)
	upDesc      = prometheus.NewDesc("unoxuno_relay_up", "1 when the relay took the last connection.", []string{"relay"}, nil)
	gatewayDesc = prometheus.NewDesc("unoxuno_sms_gateway_up", "1 when the gateway of text messages took the last connection.", []string{"gateway"}, nil)
	connsDesc   = prometheus.NewDesc("unoxuno_relay_connections", "Connections to the relay in use.", []string{"relay"}, nil)
)

// collectWithin bounds how long the ledger may take to answer.
const collectWithin = 3 * time.Second

// Describe implements prometheus.Collector.
func (r *Room) Describe(to chan<- *prometheus.Desc) { prometheus.DescribeByCollect(r, to) }

// Collect implements prometheus.Collector. It omits what the database does not answer in time.
func (r *Room) Collect(to chan<- prometheus.Metric) {
	for _, c := range []prometheus.Collector{r.metrics.outcomes, r.metrics.reasons, r.metrics.seconds, r.metrics.recorded, r.metrics.lost,
		r.metrics.returns, r.metrics.forged,
		r.metrics.receipts, r.metrics.strangers, r.metrics.inbound} {
		c.Collect(to)
	}
	gauge := func(desc *prometheus.Desc, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, labels...)
	}
	if h := r.Relay(); h.Configured {
		gauge(upDesc, map[bool]float64{true: 1}[h.Up], h.Address)
		gauge(connsDesc, float64(h.Conns), h.Address)
	}
	if h := r.Gateway(); h.Configured {
		gauge(gatewayDesc, map[bool]float64{true: 1}[h.Up], h.Address)
	}
	ctx, cancel := context.WithTimeout(context.Background(), collectWithin)
	defer cancel()
	now := r.now()
	if due, err := db.New(r.db).DueNow(ctx, now); err == nil {
		gauge(dueDesc, float64(due.Chunks))
		lag := 0.0
		if due.Oldest > 0 {
			lag = clock.Time(now).Sub(clock.Time(due.Oldest)).Seconds()
		}
		gauge(lagDesc, lag)
	}
	var leased float64
	query := "SELECT count(*) FROM delivery_chunk WHERE due > 0 AND lease_until > " + r.db.Engine().Now()
	if err := r.db.QueryRowContext(ctx, query).Scan(&leased); err == nil {
		gauge(leasedDesc, leased)
	}
	if brakes, err := r.Brakes(ctx, r.db); err == nil {
		gauge(brakesDesc, float64(len(brakes)))
	}
	if notes, err := r.Notes(ctx); err == nil {
		for state, n := range notes {
			gauge(notesDesc, float64(n), string(state))
		}
	}
}
