package newsletters

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"unoxuno/internal/access"
	"unoxuno/internal/fault"
	"unoxuno/internal/newsletters/db"
	"unoxuno/internal/picture"
	"unoxuno/internal/storage"
)

// MaxImage is the size in bytes of the largest image accepted: more would be too much for a telephone.
const MaxImage = 2 << 20

// Image is an uploaded picture. Its name is the hash of its bytes, so it never changes and can be cached for ever.
type Image struct {
	Name   string // "<hash>.<ext>"
	Type   string // media type
	Width  int
	Height int
	Data   []byte
}

// Path returns the path where the image is served.
func (i Image) Path() string { return ImagePath(i.Name) }

// extensionOf returns the file extension of the types that we keep, or that older versions kept (GIF, WebP); "" for any
// other.
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

// hashLength is the length of the hash in a name, in hexadecimal digits: 160 bits.
const hashLength = 40

// nameOf returns the name of a picture: a hash over a prefix and its bytes. Older versions stored pictures uncleaned
// and hashed the bytes alone, so the name shows which is which.
func nameOf(data []byte) string {
	sum := sha256.Sum256(append([]byte("clean\n"), data...))
	return hex.EncodeToString(sum[:])[:hashLength]
}

// clean is picture.Clean, one picture at a time: a large one takes much memory for a moment.
func (r *Room) clean(ctx context.Context, data []byte) (picture.Picture, error) {
	select {
	case r.cleaning <- struct{}{}:
		defer func() { <-r.cleaning }()
		return picture.Clean(data)
	case <-ctx.Done():
		return picture.Picture{}, ctx.Err()
	}
}

// Upload cleans a picture (see package picture) and stores it for the issues of a newsroom. Faults are
// newsletters.image.large, newsletters.image.type and newsletters.image.broken, on the field image. It asks
// access.WriteIssues.
func (r *Room) Upload(ctx context.Context, newsroom string, data []byte) (Image, error) {
	if err := may(ctx, access.WriteIssues, newsroom); err != nil {
		return Image{}, err
	}
	if len(data) > MaxImage {
		return Image{}, fault.New(fault.KindTooLarge, "newsletters.image.large", "Max", MaxImage>>20).On("image")
	}
	p, err := r.clean(ctx, data)
	switch {
	case ctx.Err() != nil:
		return Image{}, ctx.Err()
	case picture.IsUnknown(err):
		return Image{}, fault.Invalid("newsletters.image.type").On("image")
	case err != nil:
		return Image{}, fault.Invalid("newsletters.image.broken", "Max", picture.MaxPoints/1_000_000).On("image").Because(err)
	}
	hash := nameOf(p.Data)
	kept := Image{Name: hash + "." + extensionOf(p.Type), Type: p.Type, Width: p.Width, Height: p.Height, Data: p.Data}
	err = r.DB.Tx(ctx, func(tx *storage.Tx) error {
		return db.New(tx).AddImage(ctx, db.AddImageParams{
			Hash: hash, Type: p.Type, Width: int64(p.Width), Height: int64(p.Height), Data: p.Data, Newsroom: newsroom,
			UploadedAt: r.now(), UploadedBy: actorName(ctx),
		})
	})
	return kept, err
}

// Image returns the picture with that name; the fault newsletters.image.unknown if there is none. A picture that an
// older version stored uncleaned is cleaned each time; browsers cache it.
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
	if err != nil {
		return Image{}, err
	}
	kept := Image{Name: name, Type: row.Type, Width: int(row.Width), Height: int(row.Height), Data: row.Data}
	if nameOf(row.Data) == hash {
		return kept, nil
	}
	p, err := r.clean(ctx, row.Data)
	switch {
	case ctx.Err() != nil:
		return Image{}, ctx.Err()
	case err != nil: // what cannot be cleaned is not shown
		return Image{}, missing.Because(err)
	}
	kept.Type, kept.Width, kept.Height, kept.Data = p.Type, p.Width, p.Height, p.Data
	return kept, nil
}
