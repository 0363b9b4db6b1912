package main

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/getsops/sops/v3"
)

// A tree of sops as JSON: {m: [entries]} or {s: [items]}, an entry {k: key, v: tree}, a comment {c: text, i: inline}, a
// leaf {t: type, x: text}; bytes, which a text of JSON cannot hold, in base64.
type node struct {
	Mapping  *[]node `json:"m,omitempty"`
	Sequence *[]node `json:"s,omitempty"`
	Key      *string `json:"k,omitempty"`
	Value    *node   `json:"v,omitempty"`
	Comment  *string `json:"c,omitempty"`
	Inline   bool    `json:"i,omitempty"`
	Type     string  `json:"t,omitempty"`
	Text     string  `json:"x,omitempty"`
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func toValue(n node) any {
	switch {
	case n.Mapping != nil:
		return toBranch(n)
	case n.Sequence != nil:
		list := []any{}
		for _, item := range *n.Sequence {
			if item.Comment != nil {
				list = append(list, sops.Comment{Value: *item.Comment, Inline: item.Inline})
			} else {
				list = append(list, toValue(item))
			}
		}
		return list
	}
	switch n.Type {
	case "bytes":
		return string(must(base64.StdEncoding.DecodeString(n.Text)))
	case "int":
		return must(strconv.Atoi(n.Text))
	case "float":
		return must(strconv.ParseFloat(n.Text, 64))
	case "bool":
		return must(strconv.ParseBool(n.Text))
	case "time":
		return must(time.Parse(time.RFC3339Nano, n.Text))
	case "null":
		return nil
	}
	return n.Text
}

func toBranch(n node) sops.TreeBranch {
	branch := sops.TreeBranch{}
	for _, item := range *n.Mapping {
		if item.Comment != nil {
			branch = append(branch, sops.TreeItem{Key: sops.Comment{Value: *item.Comment, Inline: item.Inline}})
		} else {
			branch = append(branch, sops.TreeItem{Key: *item.Key, Value: toValue(*item.Value)})
		}
	}
	return branch
}

func fromValue(value any) node {
	switch v := value.(type) {
	case sops.TreeBranch:
		items := []node{}
		for _, item := range v {
			if c, ok := item.Key.(sops.Comment); ok {
				items = append(items, node{Comment: &c.Value, Inline: c.Inline})
				continue
			}
			key, inner := fmt.Sprint(item.Key), fromValue(item.Value)
			items = append(items, node{Key: &key, Value: &inner})
		}
		return node{Mapping: &items}
	case []any:
		items := []node{}
		for _, item := range v {
			if c, ok := item.(sops.Comment); ok {
				items = append(items, node{Comment: &c.Value, Inline: c.Inline})
			} else {
				items = append(items, fromValue(item))
			}
		}
		return node{Sequence: &items}
	case nil:
		return node{Type: "null"}
	case string:
		if !utf8.ValidString(v) {
			return node{Type: "bytes", Text: base64.StdEncoding.EncodeToString([]byte(v))}
		}
		return node{Type: "str", Text: v}
	case int:
		return node{Type: "int", Text: string(must(sops.ToBytes(v)))}
	case float64:
		return node{Type: "float", Text: string(must(sops.ToBytes(v)))}
	case bool:
		return node{Type: "bool", Text: string(must(sops.ToBytes(v)))}
	case time.Time:
		return node{Type: "time", Text: string(must(sops.ToBytes(v)))}
	}
	panic(fmt.Sprintf("a value of type %T", value))
}
