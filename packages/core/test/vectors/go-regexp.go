// Writes go-regexp.json: what Go's regexp.MatchString makes of patterns and texts. go run go-regexp.go > go-regexp.json
package main

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
)

type Row struct {
	Pattern string `json:"pattern"`
	// Absent where Go refuses the pattern.
	Matches map[string]bool `json:"matches,omitempty"`
}

func main() {
	rows := []Row{}
	add := func(pattern string, texts ...string) {
		row := Row{Pattern: pattern}
		if compiled, err := regexp.Compile(pattern); err == nil {
			row.Matches = map[string]bool{}
			for _, text := range texts {
				row.Matches[text] = compiled.MatchString(text)
			}
		}
		rows = append(rows, row)
	}
	keys := []string{"", "data", "stringData", "xdata", "datax", "data\n", "\ndata", "DATA", "password", "my_password_2", "a_secret", "a_secret\n", ".dockerconfigjson", "xdockerconfigjson", "^", "$", "a|b", "a", "b", "ab", "Grüße", "世界", "😀", "\ufffd", "\u2028"}
	for _, pattern := range []string{
		"", "^", "$", "^$", "$^", "|", "()", "a|", "^|a", "data", "^data", "data$", "^data$", "^(data|stringData)$", "(data|stringData)$", "^(?:data|stringData)",
		"^data|stringData$", `^(\.dockerconfigjson)$`, "^(.dockerconfigjson)$", "_secret$", "password", "^(my_)?password", "(a|b)(a|b)", "((a)|(b))", "a^b", "a$b", "^^a$$", "(^a|b$)",
		"(^)(a)($)", `\^`, `\$`, `\|`, `a\|b`, `\_secret`, `\ `, "😀", "^😀$", "^.$", "^..$", "[^a]", "世.$", "^世", `^\x{FFFD}$`, "^\ufffd$", `\pL`, `^\pL+$`, `^\p{Lu}`, `\p{Han}`, `\PL`,
		"(?i)data", "(?i)^DATA$", "(?m)^data$", "(?s)^data.$", "^data.$", `data\z`, `\Adata\z`, `(?i:D)ata`, `(?U)a+`, `\bdata\b`, `\w_\d$`, `\Q.d\E`, `[[:upper:]]`, "a{1,2}b", "a{,2}", "a{1001}", "x*", "^*a",
		"(?=a)", "(?!a)", "(?<=a)b", "(?<!a)b", `(a)\1`, `\1`, "(?P<name>data)", "(?<name>data)", "(?P=name)", "(?>a)", "a**", "a++", "*", "+", "?", "(", ")", "a)", "(a", "[", "]", "[a", "{", "}", "a}", `\`, `a\`, `\é`, `\y`, `\C`, `\Z`, `\d`, `\8`,
		"(?x)a", "(?", "(?:", "(?:a", "(|a)", "^(|a)$", "(?i)", "(?i)|a", "a|*", "^*", "$+", "()*", "(?:)+a", "a||b", "^(a|b|)$",
	} {
		add(pattern, keys...)
	}
	add("(a+)+$", strings.Repeat("a", 30)+"b", strings.Repeat("a", 30))
	add("(?i)k", "\u212a", "K")
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	encoder.Encode(rows)
}
