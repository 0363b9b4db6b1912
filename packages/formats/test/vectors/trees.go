// What the stores of sops make of trees and texts: reads one job per line from standard input, writes one answer each.
// Run it in a Go module that requires github.com/getsops/sops/v3 v3.13.3.
//
//	{"store": "yaml", "indent": 4, "branches": [TREE]}      -> {"out": TEXT}, or {"err": MESSAGE}
//	{"store": "json", "indent": -1, "source": TEXT}         -> {"branches": [TREE]}, or {"err": MESSAGE}
//
// Trees are written as yaml-sops-layout.json explains.
package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/getsops/sops/v3"
	"github.com/getsops/sops/v3/config"
	jsonstore "github.com/getsops/sops/v3/stores/json"
	yamlstore "github.com/getsops/sops/v3/stores/yaml"
)

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

type job struct {
	Store    string  `json:"store"`
	Indent   int     `json:"indent"`
	Branches []node  `json:"branches"`
	Source   *string `json:"source"`
}

type answer struct {
	Out      string `json:"out,omitempty"`
	Err      string `json:"err,omitempty"`
	Branches []node `json:"branches,omitempty"`
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

func run(j job) (a answer) {
	defer func() {
		if r := recover(); r != nil {
			a = answer{Err: fmt.Sprint(r)}
		}
	}()
	var store sops.Store
	if j.Store == "json" {
		store = jsonstore.NewStore(&config.JSONStoreConfig{Indent: j.Indent})
	} else {
		store = yamlstore.NewStore(&config.YAMLStoreConfig{Indent: j.Indent})
	}
	if j.Source != nil {
		for _, branch := range must(store.LoadPlainFile([]byte(*j.Source))) {
			a.Branches = append(a.Branches, fromValue(branch))
		}
		return
	}
	branches := sops.TreeBranches{}
	for _, branch := range j.Branches {
		branches = append(branches, toBranch(branch))
	}
	a.Out = string(must(store.EmitPlainFile(branches)))
	return
}

func main() {
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var j job
		if err := in.Decode(&j); err == io.EOF {
			return
		} else if err != nil {
			panic(err)
		}
		if err := out.Encode(run(j)); err != nil {
			panic(err)
		}
	}
}
