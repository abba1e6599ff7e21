package identity

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode"

	"unoxuno/internal/storage"
)

// common lists words that passwords are made of, Italian and international, one a line.
//
//go:embed common.txt
var common string

// commonWords are read when the first password is chosen, because most processes never need them.
var commonWords = sync.OnceValue(func() map[string]bool {
	words := map[string]bool{}
	for word := range strings.FieldsSeq(common) {
		words[word] = true
	}
	return words
})

// minPieces is the minimum number of pieces in a password. Four random words with their spaces are seven.
const minPieces = 6

// pieces returns the smallest number of pieces that an attacker can build the password from. A common word, a word of
// the context (the town, the account's name), a number, a run ("1234", "qwerty", "aaaa") and a repetition are one piece
// each, and so is any other character. Capitals, accents and digits instead of letters make no difference.
func pieces(password string, context []string) int {
	plain := []rune(storage.Fold(password))
	letters := make([]rune, len(plain))
	for i, c := range plain {
		letters[i] = unmask(c)
	}
	words := contextWords(context)
	least := make([]int, len(plain)+1) // of the first i characters
	for i := 1; i <= len(plain); i++ {
		least[i] = least[i-1] + 1
		for j := range i - 1 {
			if least[j]+1 < least[i] && (guessed(plain, j, i) || isWord(letters[j:i], words)) {
				least[i] = least[j] + 1
			}
		}
	}
	return least[len(plain)]
}

// unmask returns the letter that a digit or sign stands for ("p4ssw0rd").
func unmask(c rune) rune {
	if i := strings.IndexRune("0134578@$!€", c); i >= 0 {
		return []rune("oieastbasie")[len([]rune("0134578@$!€"[:i]))]
	}
	return c
}

func contextWords(context []string) map[string]bool {
	words := map[string]bool{}
	for _, text := range context {
		for _, word := range strings.FieldsFunc(storage.Fold(text), func(c rune) bool { return !unicode.IsLetter(c) }) {
			if len(word) > 2 {
				words[word] = true
			}
		}
	}
	return words
}

func isWord(letters []rune, context map[string]bool) bool {
	word := string(letters)
	return commonWords()[word] || context[word]
}

// guessed tells whether the characters from j to i are a number, a run, or a repetition.
func guessed(all []rune, j, i int) bool {
	part := all[j:i]
	if len(part) > 1 && !slices.ContainsFunc(part, func(c rune) bool { return !unicode.IsDigit(c) }) && len(part) <= 8 {
		return true
	}
	if len(part) > 2 && (isRun(part, 0) || isRun(part, 1) || isRun(part, -1) || isOnKeyboard(part)) {
		return true
	}
	return len(part) > 1 && strings.Contains(string(all[:j]), string(part))
}

func isRun(part []rune, step rune) bool {
	for k := 1; k < len(part); k++ {
		if part[k]-part[k-1] != step {
			return false
		}
	}
	return true
}

func isOnKeyboard(part []rune) bool {
	back := slices.Clone(part)
	slices.Reverse(back)
	for _, row := range []string{"1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "1qaz2wsx3edc4rfv5tgb"} {
		if strings.Contains(row, string(part)) || strings.Contains(row, string(back)) {
			return true
		}
	}
	return false
}
