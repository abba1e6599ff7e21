package disclosure

import (
	"crypto/rand"
	"encoding/binary"
	"math"

	"unoxuno/internal/seal"
)

// The noise of a figure: its standard deviation, and what the result is rounded to.
const (
	deviation = 5
	step      = 5
)

// bandDeviation is the noise of bands, which nobody counts: it is so wide that hundreds of them tell less than one figure.
const bandDeviation = 25

// KeyBits is how long the secret key of a person is. The sum of the keys of 2^27 people fits a bigint.
const KeyBits = 36

// buckets is how many parts a Cell is counted in.
const buckets = 64

// NewKey makes the secret key of a person.
func NewKey() int64 {
	var b [8]byte
	_, _ = rand.Read(b[:])                                        // it never fails
	return int64(binary.BigEndian.Uint64(b[:]) >> (64 - KeyBits)) //nolint:gosec // fewer bits than fit
}

// Cell is a set of people, counted: how many they are, the sum of their secret keys, and how many of them have a key that
// leaves each remainder by 64, which tells two sets that hardly differ.
type Cell struct {
	N       int64
	Keys    uint64
	Buckets [buckets]int64
}

// Add counts one more person.
func (c *Cell) Add(key int64) {
	c.N++
	c.Keys += uint64(key)    //nolint:gosec // it wraps on purpose
	c.Buckets[key%buckets]++ // keys are not negative
}

// AddMany counts n people whose keys leave the remainder bucket and make sum together, as a database groups them.
func (c *Cell) AddMany(bucket, n, sum int64) {
	c.N += n
	c.Keys += uint64(sum) //nolint:gosec // it wraps on purpose
	c.Buckets[bucket] += n
}

// Without takes away people who were counted.
func (c *Cell) Without(o Cell) {
	c.N, c.Keys = c.N-o.N, c.Keys-o.Keys
	for i := range c.Buckets {
		c.Buckets[i] -= o.Buckets[i]
	}
}

// Plus counts other people, too.
func (c *Cell) Plus(o Cell) {
	c.N, c.Keys = c.N+o.N, c.Keys+o.Keys
	for i := range c.Buckets {
		c.Buckets[i] += o.Buckets[i]
	}
}

// Noise draws the noise of figures from the town's secret.
type Noise struct{ sealer *seal.Sealer }

// NewNoise is noise drawn by the town's secret.
func NewNoise(s *seal.Sealer) Noise { return Noise{s} }

// About is the number of people in the cell with noise: the same for the same form and people, whenever and by whatever
// way they were counted. The floor is held against the number with its noise; nobody at all is always fewer.
func (n Noise) About(form string, c Cell, floor int64) Figure {
	noised := float64(c.N) + n.normal("figure", form, c)*deviation
	if c.N == 0 || noised < float64(floor) {
		return Fewer(floor)
	}
	return Figure{kind: about, value: int64(math.Round(noised/step)) * step}
}

// Band is the stretch in which the number lies, as far as a wide noise lets one see.
func (n Noise) Band(form string, c Cell) Figure {
	noised := float64(c.N) + n.normal("band", form, c)*bandDeviation
	from, to := int64(0), int64(50)
	for _, growth := range []float64{2, 2, 2.5, 2, 2, 2.5, 2, 2, 2.5, 2, 2, 2.5, 2, 2, 2.5} {
		if noised < float64(to) {
			break
		}
		from, to = to, int64(float64(to)*growth)
	}
	if from == 0 {
		return Fewer(to)
	}
	return Figure{kind: band, from: from, to: to}
}

// The number of people that a part of a question may decide over without being heard: surely up to the first, never from
// the second on, and between them by a coin, so that nobody finds the edge with people whom he registered himself.
const (
	surelySmall = 1
	neverSmall  = 17
)

// Negligible tells whether a part of the question decides over so few people, effect, that the question is counted
// without it. form and c are of the question as it stands, part names it without the part; dropped is over how many the
// parts decided that were left out already: together they are not to change the number much.
func (n Noise) Negligible(form, part string, c Cell, effect, dropped int64) bool {
	if effect <= surelySmall {
		return true
	}
	more := float64(effect-surelySmall) / 8
	far := (float64(effect-surelySmall) + float64(dropped)*more*more) / (neverSmall - surelySmall)
	if far >= 1 {
		return false
	}
	coin, _ := n.draw("part", form+"\x00"+part, c)
	return coin < math.Pow(math.Cos(far*math.Pi/2), 2)
}

// normal is a draw from the standard normal distribution (Box and Muller).
func (n Noise) normal(what, form string, c Cell) float64 {
	u, v := n.draw(what, form, c)
	return math.Sqrt(-2*math.Log(1-u)) * math.Cos(2*math.Pi*v)
}

// draw are two numbers from 0 until 1, which only the town's secret foretells.
func (n Noise) draw(what, form string, c Cell) (u, v float64) {
	text := binary.BigEndian.AppendUint64(nil, c.Keys)
	text = binary.BigEndian.AppendUint64(text, uint64(c.N)) //nolint:gosec // not negative
	digest := n.sealer.Digest("disclosure."+what, string(text)+form)
	unit := func(b []byte) float64 { return float64(binary.BigEndian.Uint64(b)>>11) / (1 << 53) }
	return unit(digest[:8]), unit(digest[8:])
}

// Alike tells whether two sets of people hardly differ. It counts the people by the remainders of their keys: two that
// leave the same one and changed places are not seen.
func Alike(a, b Cell) bool {
	var apart int64
	for i := range a.Buckets {
		apart += max(a.Buckets[i]-b.Buckets[i], b.Buckets[i]-a.Buckets[i])
	}
	return apart < nearby
}
