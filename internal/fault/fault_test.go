package fault_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"unoxuno/internal/fault"
)

func TestKindSurvivesWrapping(t *testing.T) {
	err := fmt.Errorf("reading: %w", fault.NotFound("a.missing", "Name", "x").Because(io.EOF))
	if !fault.Is(err, fault.KindNotFound) || !fault.HasKey(err, "a.missing") || !errors.Is(err, io.EOF) {
		t.Errorf("%v", err)
	}
	if fault.KindOf(io.EOF) != fault.KindInternal || fault.Is(nil, fault.KindInternal) {
		t.Error("an error that is no fault is internal, and nil is nothing")
	}
}

func TestOnAndBecauseLeaveTheOriginalAlone(t *testing.T) {
	first := fault.Invalid("a.bad")
	if second := first.On("email").Because(io.EOF); first.Field != "" || first.Cause != nil || second.Field != "email" {
		t.Errorf("%+v, %+v", first, second)
	}
}

func TestProblemsGatherFaultsAndPassDefectsOn(t *testing.T) {
	var p fault.Problems
	if p.Err() != nil {
		t.Error("no problem is no error")
	}
	inner := fault.Problems{fault.Invalid("a.one"), fault.Invalid("a.two").On("own")}
	if err := errors.Join(p.Add("email", nil), p.Add("email", fault.Invalid("a.bad")), p.Add("group", inner.Err())); err != nil {
		t.Fatal(err)
	}
	if err := p.Add("email", io.EOF); !errors.Is(err, io.EOF) || len(p) != 3 {
		t.Errorf("defect: %v, problems %v", err, p)
	}
	say := func(key string, _ map[string]any) string { return "<" + key + ">" }
	if got := fault.Sentence(p.Err(), say); got != "<a.bad> <a.one> <a.two>" {
		t.Errorf("sentence %s", got)
	}
	if p[1].Field != "group" || p[2].Field != "own" {
		t.Errorf("fields %s, %s", p[1].Field, p[2].Field)
	}
	for _, blank := range []*fault.Error{
		fault.Invalid("a.malformed", "Text", ""), fault.Invalid("a.malformed", "Value", " \t", "Known", "x"),
	} {
		if got := fault.Sentence(blank, say); got != "<fault.empty>" {
			t.Errorf("an empty field: %q; nothing is quoted there", got)
		}
	}
	if got := fault.Sentence(fault.Invalid("a.malformed", "Text", "x"), say); got != "<a.malformed>" {
		t.Errorf("a filled field: %q", got)
	}
	if got := fault.Sentence(io.EOF, say); got != "<fault.internal>" {
		t.Errorf("a defect is told as %s", got)
	}
}
