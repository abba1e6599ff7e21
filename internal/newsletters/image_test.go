package newsletters_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"slices"
	"strings"
	"testing"

	"unoxuno/internal/fault"
	"unoxuno/internal/newsletters"
)

// pictures returns a picture of 7 by 5 pixels in every accepted format, by extension. Go cannot write WebP, so that one
// is only the header, of the lossless form (RFC 9649 §3.4).
func pictures(t *testing.T) map[string][]byte {
	t.Helper()
	picture := image.NewPaletted(image.Rect(0, 0, 7, 5), color.Palette{color.White, color.Black})
	var asPNG, asJPEG, asGIF bytes.Buffer
	for _, err := range []error{png.Encode(&asPNG, picture), jpeg.Encode(&asJPEG, picture, nil), gif.Encode(&asGIF, picture, nil)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	webp, err := base64.StdEncoding.DecodeString("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==")
	if err != nil {
		t.Fatal(err)
	}
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
			if again.Name != kept.Name || kept.Path() != "/media/"+kept.Name {
				w.Errorf("%s is kept as %s, then %s", ext, kept.Name, again.Name)
			}
			if !bytes.Equal(served.Data, kept.Data) || served.Width != kept.Width || served.Type != kept.Type {
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

// TestOlderImagesAreServedClean: a picture that an older version stored uncleaned is served without its metadata.
func TestOlderImagesAreServedClean(t *testing.T) {
	inTown(t, func(w *world) {
		data := slices.Concat(pictures(w.T)["jpg"], []byte("44°38′N 10°55′E"))
		sum := sha256.Sum256(data)
		hash := hex.EncodeToString(sum[:])[:40]
		_, err := w.db.ExecContext(w.ctx, "INSERT INTO newsletters_image (hash, type, width, height, data, newsroom, uploaded_at, uploaded_by)"+
			" VALUES ($1, 'image/jpeg', 7, 5, $2, 'ufficio-cultura', 0, 'anna')", hash, data)
		w.must(err)
		served, err := w.Image(w.ctx, hash+".jpg")
		w.must(err)
		if bytes.Contains(served.Data, []byte("44°38′N")) || served.Width != 7 {
			w.Errorf("served as %+v", served)
		}
	})
}
