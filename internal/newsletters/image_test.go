package newsletters_test

import (
	"bytes"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"unoxuno/internal/fault"
	"unoxuno/internal/newsletters"
)

// pictures are one picture of 7 by 5 points in every form that is taken, by extension. Of WebP, which Go cannot write, it
// is the head alone, of the lossless form (RFC 9649 §3.4).
func pictures(t *testing.T) map[string][]byte {
	t.Helper()
	picture := image.NewPaletted(image.Rect(0, 0, 7, 5), color.Palette{color.White, color.Black})
	var asPNG, asJPEG, asGIF bytes.Buffer
	for _, err := range []error{png.Encode(&asPNG, picture), jpeg.Encode(&asJPEG, picture, nil), gif.Encode(&asGIF, picture, nil)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	webp := append([]byte("RIFF\x1e\x00\x00\x00WEBPVP8L\x11\x00\x00\x00\x2f\x06\x00\x01\x00"), make([]byte, 16)...)
	return map[string][]byte{"png": asPNG.Bytes(), "jpg": asJPEG.Bytes(), "gif": asGIF.Bytes(), "webp": webp}
}

func TestImages(t *testing.T) {
	inTown(t, func(w *world) {
		for ext, data := range pictures(w.T) {
			kept, err := w.Upload(w.ctx, "ufficio-cultura", data)
			w.must(err)
			again, err := w.Upload(w.ctx, "ufficio-cultura", data)
			w.must(err)
			served, err := w.Image(w.ctx, kept.Name)
			w.must(err)
			if again.Name != kept.Name || !strings.HasSuffix(kept.Name, "."+ext) || kept.Path() != "/media/"+kept.Name {
				w.Errorf("%s is kept as %s, then %s", ext, kept.Name, again.Name)
			}
			if !bytes.Equal(served.Data, data) || served.Width != 7 || served.Height != 5 || served.Type != kept.Type {
				w.Errorf("%s is served as %+v", ext, served)
			}
			hash, _, _ := strings.Cut(kept.Name, ".")
			for _, name := range []string{hash, hash + ".svg", "x." + ext, "../" + kept.Name} {
				if _, err := w.Image(w.ctx, name); !fault.Is(err, fault.KindNotFound) {
					w.Errorf("%s gave %v", name, err)
				}
			}
		}
		for key, data := range map[string][]byte{
			"newsletters.image.large":  make([]byte, newsletters.MaxImage+1),
			"newsletters.image.type":   []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`),
			"newsletters.image.broken": pictures(w.T)["png"][:20],
		} {
			if _, err := w.Upload(w.ctx, "ufficio-cultura", data); !fault.HasKey(err, key) {
				w.Errorf("%v, want %s", err, key)
			}
		}
	})
}
