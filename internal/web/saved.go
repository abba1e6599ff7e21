package web

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"unoxuno/internal/locale"
)

// Autosaving tells whether the page sent the form by itself, in a pause of typing: see ui.FormSpec.Autosave.
func Autosaving(form url.Values) bool { return form.Get("do") == "autosave" }

// Saved answers a page that saved by itself: the new version, and the time in words.
func Saved(w http.ResponseWriter, r *http.Request, version int64, at time.Time) error {
	at = at.In(TownOf(r.Context()).Zone)
	return JSON(w, http.StatusOK, map[string]string{
		"version": strconv.FormatInt(version, 10), "text": locale.T(r.Context(), "web.saved.at", "Time", at.Format("15:04")),
	})
}
