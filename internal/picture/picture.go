// Package picture re-encodes uploaded pictures, so that only what is visible remains.
//
// A photograph from a telephone contains the place where it was taken, the owner's name, and a thumbnail from before it was
// cropped. Clean decodes it, turns it upright, scales it to the size that a page needs and encodes it again. Only its
// pixels remain. Of an animation only the first picture is kept, because readers could not stop it (WCAG 2.2.2).
package picture

import (
	"bytes"
	"errors"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"

	"github.com/bep/imagemeta"
	"golang.org/x/image/draw"
	"golang.org/x/image/webp"
)

const (
	// MaxPoints is the largest picture accepted, in pixels: that of a very good telephone. A small file can decode to much
	// more, so its size is read before it is decoded.
	MaxPoints = 40_000_000

	// MaxSide is the longest side of the result, in pixels: twice the width of a mail or of a page's column.
	MaxSide = 1600

	quality = 85 // of a JPEG
)

// Errors of Clean.
var (
	errUnknown = errors.New("no PNG, JPEG, GIF or WebP")
	errLarge   = errors.New("too many points")
)

// IsUnknown tells whether the data is no picture of an accepted kind. SVG is not accepted, because it may contain scripts.
func IsUnknown(err error) bool { return errors.Is(err, errUnknown) }

// Picture is an encoded picture.
type Picture struct {
	Data          []byte
	Type          string // image/jpeg or image/png
	Width, Height int
}

// codec reads one kind of picture.
type codec struct {
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
	meta   imagemeta.ImageFormat // 0: its kind has no orientation
}

func codecOf(mediaType string) (codec, bool) {
	switch mediaType {
	case "image/png":
		return codec{png.DecodeConfig, png.Decode, imagemeta.PNG}, true
	case "image/jpeg":
		return codec{jpeg.DecodeConfig, jpeg.Decode, imagemeta.JPEG}, true
	case "image/webp":
		return codec{webp.DecodeConfig, webp.Decode, imagemeta.WebP}, true
	case "image/gif":
		return codec{gif.DecodeConfig, gif.Decode, 0}, true
	}
	return codec{}, false
}

// Clean re-encodes the picture in data. It finds the kind from the bytes, never from the name.
func Clean(data []byte) (Picture, error) {
	c, ok := codecOf(http.DetectContentType(data))
	if !ok {
		return Picture{}, errUnknown
	}
	config, err := c.config(bytes.NewReader(data))
	if err != nil {
		return Picture{}, err
	}
	if config.Width < 1 || config.Height < 1 || config.Width > MaxPoints/config.Height {
		return Picture{}, errLarge
	}
	seen, err := c.decode(bytes.NewReader(data))
	if err != nil {
		return Picture{}, err
	}
	return encode(upright(scaled(seen), orientation(data, c.meta)))
}

// scaled returns the picture with no side longer than MaxSide.
func scaled(from image.Image) draw.Image {
	size := from.Bounds().Size()
	if longest := max(size.X, size.Y); longest > MaxSide {
		size.X, size.Y = max(1, size.X*MaxSide/longest), max(1, size.Y*MaxSide/longest)
	}
	to := image.NewNRGBA(image.Rectangle{Max: size})
	draw.CatmullRom.Scale(to, to.Bounds(), from, from.Bounds(), draw.Src, nil)
	return to
}

// orientation is how the camera was held (EXIF 2.32, tag 0x0112): 1 upright, to 8.
func orientation(data []byte, format imagemeta.ImageFormat) int {
	found := 1
	if format == 0 {
		return found
	}
	// Unreadable metadata is ignored, because the picture itself was read.
	_, _ = imagemeta.Decode(imagemeta.Options{
		R: bytes.NewReader(data), ImageFormat: format, Sources: imagemeta.EXIF,
		ShouldHandleTag: func(tag imagemeta.TagInfo) bool { return tag.Tag == "Orientation" && tag.Namespace == "IFD0" },
		HandleTag: func(tag imagemeta.TagInfo) error {
			if n, ok := tag.Value.(uint16); ok && n >= 1 && n <= 8 {
				found = int(n)
			}
			return nil
		},
	})
	return found
}

// upright turns the picture as the photographer saw it.
func upright(from draw.Image, held int) draw.Image {
	size := from.Bounds().Size()
	turned := size
	if held >= 5 {
		turned.X, turned.Y = size.Y, size.X
	}
	if held == 1 {
		return from
	}
	to := image.NewNRGBA(image.Rectangle{Max: turned})
	for y := range size.Y {
		for x := range size.X {
			right, bottom := size.X-1-x, size.Y-1-y
			at := [...]image.Point{2: {right, y}, 3: {right, bottom}, 4: {x, bottom}, 5: {y, x}, 6: {bottom, x}, 7: {bottom, right}, 8: {y, right}}[held]
			to.Set(at.X, at.Y, from.At(x, y))
		}
	}
	return to
}

// encode writes a picture as JPEG or PNG, whichever is smaller; a transparent one is always PNG.
func encode(seen draw.Image) (Picture, error) {
	size := seen.Bounds().Size()
	var asPNG, asJPEG bytes.Buffer
	if err := png.Encode(&asPNG, seen); err != nil {
		return Picture{}, err
	}
	p := Picture{Data: asPNG.Bytes(), Type: "image/png", Width: size.X, Height: size.Y}
	if opaque, ok := seen.(interface{ Opaque() bool }); ok && !opaque.Opaque() {
		return p, nil
	}
	if err := jpeg.Encode(&asJPEG, seen, &jpeg.Options{Quality: quality}); err != nil {
		return Picture{}, err
	}
	if asJPEG.Len() < asPNG.Len() {
		p.Data, p.Type = asJPEG.Bytes(), "image/jpeg"
	}
	return p, nil
}
