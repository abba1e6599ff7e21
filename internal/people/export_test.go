package people

import (
	"context"
	"io"
)

// ImportChunks is Import with chunks of rows rows.
func (p *People) ImportChunks(ctx context.Context, file io.Reader, o ImportOptions, rows int) (ImportResult, error) {
	return p.importChunks(ctx, file, o, rows)
}
