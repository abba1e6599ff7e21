// Command unoxuno is a Citizen Relationship Management system for towns: one program that serves the site and the
// office, sends what is written to those it concerns, and does the administrator's work from the command line.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"unoxuno/internal/app"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := app.Main(ctx, os.Args[1:], os.Getenv, app.Stdio{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
	stop()
	os.Exit(code)
}
