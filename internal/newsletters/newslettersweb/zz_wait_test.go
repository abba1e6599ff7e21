package newslettersweb_test

import "time"

func waitABit() { time.Sleep(300 * time.Millisecond) }
