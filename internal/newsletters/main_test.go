package newsletters_test

import (
	"os"
	"testing"

	"unoxuno/internal/storage/storagetest"
)

func TestMain(m *testing.M) { os.Exit(storagetest.Main(m)) }
