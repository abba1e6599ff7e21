package csvtext

import (
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/transform"
)

// decoder turns text of unknown encoding into UTF-8. Until the first byte outside ASCII both encodings read alike; that
// byte decides: where it begins a well-formed UTF-8 character the file is UTF-8, elsewhere it is Windows-1252. (Two
// accented letters of Windows-1252 that happen to form one character of UTF-8, such as "Ã¨", are no Italian text.)
type decoder struct {
	transform.NopResetter
	decided bool
	latin   transform.Transformer // nil for UTF-8
}

// Transform implements transform.Transformer.
func (d *decoder) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	if !d.decided {
		n := ascii(src[:min(len(src), len(dst))])
		copy(dst, src[:n])
		if n == len(src) {
			return n, n, nil
		}
		if n == len(dst) {
			return n, n, transform.ErrShortDst
		}
		if !atEOF && !utf8.FullRune(src[n:]) {
			return n, n, transform.ErrShortSrc
		}
		d.decided = true
		if r, size := utf8.DecodeRune(src[n:]); r == utf8.RuneError && size == 1 {
			d.latin = charmap.Windows1252.NewDecoder()
		}
		nDst, nSrc = n, n
	}
	if d.latin != nil {
		a, b, err := d.latin.Transform(dst[nDst:], src[nSrc:], atEOF)
		return nDst + a, nSrc + b, err
	}
	n := copy(dst[nDst:], src[nSrc:])
	if nSrc+n < len(src) {
		err = transform.ErrShortDst
	}
	return nDst + n, nSrc + n, err
}

// ascii is how many bytes of b come before the first outside ASCII.
func ascii(b []byte) int {
	for i, c := range b {
		if c >= utf8.RuneSelf {
			return i
		}
	}
	return len(b)
}
