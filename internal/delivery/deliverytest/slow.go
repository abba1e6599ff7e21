package deliverytest

import (
	"context"
	"net"
	"time"
)

// Slow starts a proxy before the server at addr through which everything takes half of rtt in each direction, however
// much is under way: a server far off, on a wide line. It returns the proxy's host:port; it ends with the test.
func Slow(t TB, addr string, rtt time.Duration) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	t.Cleanup(func() {
		stop()
		_ = listener.Close()
	})
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return // the test is over
			}
			go relayed(ctx, near, addr, rtt/2)
		}
	}()
	return listener.Addr().String()
}

// relayed copies what comes over near to the server at addr, and back.
func relayed(ctx context.Context, near net.Conn, addr string, delay time.Duration) {
	far, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		_ = near.Close()
		return
	}
	context.AfterFunc(ctx, func() {
		_ = near.Close()
		_ = far.Close()
	})
	go delayed(far, near, delay)
	delayed(near, far, delay)
}

// parcel is what was read at once, and when it is due on the other side.
type parcel struct {
	data []byte
	due  time.Time
}

// onTheWay is how many parcels may be under way in one direction.
const onTheWay = 1024

// delayed copies from src to dst, everything delay later; then it closes dst.
func delayed(dst, src net.Conn, delay time.Duration) {
	parcels := make(chan parcel, onTheWay)
	go func() {
		defer func() { _ = dst.Close() }()
		for p := range parcels {
			time.Sleep(time.Until(p.due))
			if _, err := dst.Write(p.data); err != nil {
				_ = src.Close()
			}
		}
	}()
	defer close(parcels)
	for {
		data := make([]byte, 32<<10)
		n, err := src.Read(data)
		if n > 0 {
			parcels <- parcel{data[:n], time.Now().Add(delay)}
		}
		if err != nil {
			return // the other side hears of it
		}
	}
}
