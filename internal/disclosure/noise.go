package disclosure

import (
	"crypto/rand"
	"encoding/binary"
	"math"

	"unoxuno/internal/seal"
)

// The noise of a figure: its standard deviation, and the step that the result is rounded to.
const (
	deviation = 5
	step      = 5
)

// bandDeviation is the standard deviation of the noise of bands. It is so wide that hundreds of bands reveal less than
// one figure.
const bandDeviation = 25

// KeyBits is the length of a person's secret key. The sum of the keys of 2^27 people fits a bigint.
const KeyBits = 36

// buckets is the number of parts that a Cell is counted in.
const buckets = 64

// NewKey makes the secret key of a person.
func NewKey() int64 {
	var b [8]byte
	_, _ = rand.Read(b[:])                                        // never fails
	return int64(binary.BigEndian.Uint64(b[:]) >> (64 - KeyBits)) //nolint:gosec // fewer bits than fit
}

// Cell is a counted set of people: their number, the sum of their secret keys, and for each remainder by 64 how many
// keys leave it. Comparing the remainders shows whether two sets hardly differ.
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

// AddMany counts n people whose keys leave the remainder bucket and have the sum sum. A database groups them so.
func (c *Cell) AddMany(bucket, n, sum int64) {
	c.N += n
	c.Keys += uint64(sum) //nolint:gosec // it wraps on purpose
	c.Buckets[bucket] += n
}

// Without subtracts people who were counted before.
func (c *Cell) Without(o Cell) {
	c.N, c.Keys = c.N-o.N, c.Keys-o.Keys
	for i := range c.Buckets {
		c.Buckets[i] -= o.Buckets[i]
	}
}

// Plus adds the people of another cell.
func (c *Cell) Plus(o Cell) {
	c.N, c.Keys = c.N+o.N, c.Keys+o.Keys
	for i := range c.Buckets {
		c.Buckets[i] += o.Buckets[i]
	}
}

// Noise draws the noise of figures from the town's secret.
type Noise struct{ sealer *seal.Sealer }

// NewNoise returns the noise drawn from the town's secret.
func NewNoise(s *seal.Sealer) Noise { return Noise{s} }

// About returns the number of people in the cell with noise. The noise is the same for the same form and people,
// however and whenever they are counted. The floor is compared with the noised number. An empty cell is always Fewer.
func (n Noise) About(form string, c Cell, floor int64) Figure {
	noised := float64(c.N) + n.normal("figure", form, c)*deviation
	if c.N == 0 || noised < float64(floor) {
		return Fewer(floor)
	}
	return Figure{kind: about, value: int64(math.Round(noised/step)) * step}
}

// Band returns the range that contains the number after wide noise was added.
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

// A part of a question that affects few people is left out of the count: always if it affects surelySmall people or
// fewer, never if it affects neverSmall or more. In between chance decides, so that nobody finds the threshold with
// people he registered himself.
const (
	surelySmall = 1
	neverSmall  = 17
)

// Negligible tells whether a part of a question affects so few people (effect) that the question is counted without the
// part. form and c belong to the whole question, and part names the part. dropped is how many people the parts left out
// so far affect: together they must not change the number much.
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

// normal draws from the standard normal distribution (Box and Muller).
func (n Noise) normal(what, form string, c Cell) float64 {
	u, v := n.draw(what, form, c)
	return math.Sqrt(-2*math.Log(1-u)) * math.Cos(2*math.Pi*v)
}

// draw returns two numbers in [0, 1). Only the town's secret can predict them.
func (n Noise) draw(what, form string, c Cell) (u, v float64) {
	text := binary.BigEndian.AppendUint64(nil, c.Keys)
	text = binary.BigEndian.AppendUint64(text, uint64(c.N)) //nolint:gosec // not negative
	digest := n.sealer.Digest("disclosure."+what, string(text)+form)
	unit := func(b []byte) float64 { return float64(binary.BigEndian.Uint64(b)>>11) / (1 << 53) }
	return unit(digest[:8]), unit(digest[8:])
}

// Alike tells whether two sets of people hardly differ. It compares how many keys leave each remainder, so it does not
// notice two people who changed places if their keys leave the same remainder.
func Alike(a, b Cell) bool {
	var apart int64
	for i := range a.Buckets {
		apart += max(a.Buckets[i]-b.Buckets[i], b.Buckets[i]-a.Buckets[i])
	}
	return apart < nearby
}
