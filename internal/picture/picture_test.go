package picture_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"testing"

	"unoxuno/internal/picture"
)

const secret = "UNDICI-VIA-DEL-POZZO"

// tiff is an EXIF block, byte by byte (TIFF 6.0): how the camera was held, who owns it, and where it was, by GPS.
func tiff(held uint16) []byte {
	var b bytes.Buffer
	order := binary.LittleEndian
	put := func(values ...any) {
		for _, v := range values {
			_ = binary.Write(&b, order, v) // a buffer takes everything
		}
	}
	owner := secret + "\x00"
	const ifd0, entries = 8, 3
	after := uint32(ifd0 + 2 + entries*12 + 4)
	put([]byte("II*\x00"), uint32(ifd0), uint16(entries))
	put(uint16(0x0112), uint16(3), uint32(1), held, uint16(0))                         // Orientation
	put(uint16(0x013B), uint16(2), uint32(len(owner)), after)                          // Artist
	put(uint16(0x8825), uint16(4), uint32(1), after+uint32(len(owner)), uint32(0))     // where the GPS entries are; no other IFD
	put([]byte(owner), uint16(2))                                                      //
	put(uint16(1), uint16(2), uint32(2), []byte("N\x00\x00\x00"))                      // GPSLatitudeRef
	put(uint16(2), uint16(5), uint32(3), after+uint32(len(owner))+2+2*12+4, uint32(0)) // GPSLatitude
	put(uint32(44), uint32(1), uint32(38), uint32(1), uint32(50), uint32(1))
	return b.Bytes()
}

// sample is a picture of 60 by 40 points, red on the left, blue on the right, of much noise so that JPEG is the smaller.
func sample() image.Image {
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a picture
	p := image.NewNRGBA(image.Rect(0, 0, 60, 40))
	for x := range 60 {
		for y := range 40 {
			noise := uint8(random.IntN(60))
			p.Set(x, y, map[bool]color.Color{true: color.NRGBA{195 + noise, noise, noise, 255}, false: color.NRGBA{noise, noise, 195 + noise, 255}}[x < 30])
		}
	}
	return p
}

func photo(t *testing.T, held uint16) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, sample(), nil); err != nil {
		t.Fatal(err)
	}
	segment := func(marker byte, body string) []byte {
		return append(binary.BigEndian.AppendUint16([]byte{0xFF, marker}, uint16(len(body)+2)), body...) //nolint:gosec // short
	}
	all := append([]byte{}, b.Bytes()[:2]...)
	all = append(all, segment(0xE1, "Exif\x00\x00"+string(tiff(held)))...)
	all = append(all, segment(0xE1, "http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta>"+secret+"</x:xmpmeta>")...)
	all = append(all, segment(0xED, "Photoshop 3.0\x00"+secret)...)
	all = append(all, segment(0xFE, secret)...)
	return append(append(all, b.Bytes()[2:]...), secret...)
}

func pngChunk(kind, body string) []byte {
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(body))) //nolint:gosec // short
	chunk = append(chunk, kind+body...)
	return binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE([]byte(kind+body)))
}

func drawing(t *testing.T, held uint16) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, sample()); err != nil {
		t.Fatal(err)
	}
	const head = 8 + 25 // the signature, IHDR
	all := append([]byte{}, b.Bytes()[:head]...)
	all = append(all, pngChunk("tEXt", "Author\x00"+secret)...)
	all = append(all, pngChunk("eXIf", string(tiff(held)))...)
	all = append(all, pngChunk("acTL", "\x00\x00\x00\x02\x00\x00\x00\x00")...)
	return append(append(all, b.Bytes()[head:]...), secret...)
}

// webpWith is the smallest WebP (RFC 9649), of one point, with metadata behind it.
func webpWith(t *testing.T) []byte {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==")
	if err != nil {
		t.Fatal(err)
	}
	body := tiff(1)
	chunk := append(binary.LittleEndian.AppendUint32([]byte("EXIF"), uint32(len(body))), body...) //nolint:gosec // short
	if len(body)%2 == 1 {
		chunk = append(chunk, 0)
	}
	data = append(data, chunk...)
	binary.LittleEndian.PutUint32(data[4:], uint32(len(data)-8)) //nolint:gosec // short
	return data
}

func animation(t *testing.T) []byte {
	t.Helper()
	palette := color.Palette{color.White, color.Black}
	frame := func() *image.Paletted { return image.NewPaletted(image.Rect(0, 0, 60, 40), palette) }
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &gif.GIF{Image: []*image.Paletted{frame(), frame()}, Delay: []int{1, 1}}); err != nil {
		t.Fatal(err)
	}
	return append(b.Bytes(), secret...)
}

func TestCleanLeavesOnlyWhatIsSeen(t *testing.T) {
	for name, data := range map[string][]byte{
		"photo": photo(t, 1), "drawing": drawing(t, 1), "WebP": webpWith(t), "animation": animation(t),
	} {
		if !bytes.Contains(data, []byte(secret)) {
			t.Fatalf("%s holds nothing to take out", name)
		}
		p, err := picture.Clean(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, trace := range []string{secret, "Exif", "eXIf", "EXIF", "xmpmeta", "Photoshop", "tEXt", "iTXt", "zTXt", "acTL", "ICC_PROFILE", "iCCP"} {
			if bytes.Contains(p.Data, []byte(trace)) {
				t.Errorf("%s still holds %s", name, trace)
			}
		}
		config, kind, err := image.DecodeConfig(bytes.NewReader(p.Data))
		if err != nil || config.Width != p.Width || config.Height != p.Height || "image/"+kind != p.Type {
			t.Errorf("%s became %s, %d×%d, read as %s, %d×%d: %v", name, p.Type, p.Width, p.Height, kind, config.Width, config.Height, err)
		}
	}
}

// TestCleanTurnsUpright: red is on the left of what the camera saw, wherever it is in the file.
func TestCleanTurnsUpright(t *testing.T) {
	for held, red := range map[uint16]image.Point{ // a point of the upright picture that is red
		1: {5, 20}, 2: {55, 20}, 3: {55, 20}, 4: {5, 20}, 5: {20, 5}, 6: {20, 5}, 7: {20, 55}, 8: {20, 55},
	} {
		for name, data := range map[string][]byte{"JPEG": photo(t, held), "PNG": drawing(t, held)} {
			p, err := picture.Clean(data)
			if err != nil {
				t.Fatal(err)
			}
			seen, _, err := image.Decode(bytes.NewReader(p.Data))
			if err != nil {
				t.Fatal(err)
			}
			size := seen.Bounds().Size()
			if want := (image.Point{60, 40}); held >= 5 && size != (image.Point{40, 60}) || held < 5 && size != want {
				t.Errorf("%s held %d is %v", name, held, size)
				continue
			}
			if r, _, b, _ := seen.At(red.X, red.Y).RGBA(); r < b {
				t.Errorf("%s held %d is not red at %v", name, held, red)
			}
		}
	}
}

func TestCleanBounds(t *testing.T) {
	var large bytes.Buffer
	if err := png.Encode(&large, image.NewGray(image.Rect(0, 0, 3600, 900))); err != nil {
		t.Fatal(err)
	}
	p, err := picture.Clean(large.Bytes())
	if err != nil || p.Width != picture.MaxSide || p.Height != 400 {
		t.Errorf("%d×%d, %v", p.Width, p.Height, err)
	}
	bomb := append([]byte("\x89PNG\r\n\x1a\n"), pngChunk("IHDR", "\x00\x00\xff\xff\x00\x00\xff\xff\x08\x06\x00\x00\x00")...)
	if _, err := picture.Clean(bomb); err == nil || picture.IsUnknown(err) {
		t.Errorf("a bomb: %v", err)
	}
	for _, no := range []string{"", "<svg/>", "%PDF-1.7", "GIF89a"} {
		if _, err := picture.Clean([]byte(no)); err == nil {
			t.Errorf("%q was taken", no)
		}
	}
}
