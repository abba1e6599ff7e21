package newsletters

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"image"
	_ "image/gif"  // reads GIF's size
	_ "image/jpeg" // reads JPEG's size
	_ "image/png"  // reads PNG's size
	"net/http"
	"strings"

	"unoxuno/internal/access"
	"unoxuno/internal/fault"
	"unoxuno/internal/newsletters/db"
	"unoxuno/internal/storage"
)

// MaxImage is the largest image taken, in bytes: what a mail may ask of a telephone.
const MaxImage = 2 << 20

// maxPixels is the longest side taken: a small file can unpack to a very large picture.
const maxPixels = 8000

// Image is an uploaded picture. Its name is made of its bytes, so it never changes and may be cached for ever.
type Image struct {
	Name   string // "<hash>.<ext>"
	Type   string // media type
	Width  int
	Height int
	Data   []byte
}

// Path is where it is served.
func (i Image) Path() string { return ImagePath(i.Name) }

// extensionOf is the file extension of the types taken; "" for any other. SVG is not among them: it may hold script.
func extensionOf(mediaType string) string {
	switch mediaType {
	case "image/png":
		return "png"
	case "image/jpeg":
		return "jpg"
	case "image/gif":
		return "gif"
	case "image/webp":
		return "webp"
	}
	return ""
}

// hashLength is how much of the hash names an image, in hexadecimal digits: 160 bits.
const hashLength = 40

// Upload keeps a picture for the issues of a newsroom. What it is, is told from its bytes and never from its name. Faults
// are newsletters.image.large, newsletters.image.type and newsletters.image.broken, on the field image. It asks
// access.WriteIssues.
func (r *Room) Upload(ctx context.Context, newsroom string, data []byte) (Image, error) {
	if err := may(ctx, access.WriteIssues, newsroom); err != nil {
		return Image{}, err
	}
	if len(data) > MaxImage {
		return Image{}, fault.New(fault.KindTooLarge, "newsletters.image.large", "Max", MaxImage>>20).On("image")
	}
	mediaType := http.DetectContentType(data)
	ext := extensionOf(mediaType)
	if ext == "" {
		return Image{}, fault.Invalid("newsletters.image.type").On("image")
	}
	width, height, ok := dimensions(mediaType, data)
	if !ok || width < 1 || height < 1 || width > maxPixels || height > maxPixels {
		return Image{}, fault.Invalid("newsletters.image.broken", "Max", maxPixels).On("image")
	}
	sum := sha256.Sum256(data)
	hash := hex.EncodeToString(sum[:])[:hashLength]
	kept := Image{Name: hash + "." + ext, Type: mediaType, Width: width, Height: height, Data: data}
	err := r.DB.Tx(ctx, func(tx *storage.Tx) error {
		return db.New(tx).AddImage(ctx, db.AddImageParams{
			Hash: hash, Type: mediaType, Width: int64(width), Height: int64(height), Data: data, Newsroom: newsroom,
			UploadedAt: r.now(), UploadedBy: actorName(ctx),
		})
	})
	return kept, err
}

// Image is the picture of that name; the fault newsletters.image.unknown when there is none.
func (r *Room) Image(ctx context.Context, name string) (Image, error) {
	missing := fault.NotFound("newsletters.image.unknown")
	hash, ext, _ := strings.Cut(name, ".")
	if len(hash) != hashLength {
		return Image{}, missing
	}
	row, err := db.New(r.DB).GetImage(ctx, hash)
	if storage.None(err) || err == nil && extensionOf(row.Type) != ext {
		return Image{}, missing
	}
	return Image{Name: name, Type: row.Type, Width: int(row.Width), Height: int(row.Height), Data: row.Data}, err
}

// dimensions reads how large a picture is from its first bytes.
func dimensions(mediaType string, data []byte) (width, height int, ok bool) {
	if mediaType == "image/webp" {
		return webpDimensions(data)
	}
	config, _, err := image.DecodeConfig(bytes.NewReader(data))
	return config.Width, config.Height, err == nil
}

// webpDimensions reads the header of WebP (RFC 9649): its first chunk is VP8 (§2.5), VP8L (§3.4) or VP8X (§2.7).
func webpDimensions(data []byte) (width, height int, ok bool) {
	if len(data) < 30 {
		return 0, 0, false
	}
	body := data[20:]
	switch string(data[12:16]) {
	case "VP8 ":
		return int(binary.LittleEndian.Uint16(body[6:]) & 0x3fff), int(binary.LittleEndian.Uint16(body[8:]) & 0x3fff), true
	case "VP8L":
		bits := binary.LittleEndian.Uint32(body[1:])
		return int(bits&0x3fff) + 1, int(bits>>14&0x3fff) + 1, true
	case "VP8X":
		at := func(i int) int { return int(body[i]) | int(body[i+1])<<8 | int(body[i+2])<<16 }
		return at(4) + 1, at(7) + 1, true
	}
	return 0, 0, false
}
