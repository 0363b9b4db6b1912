// The sops command without its start: reads one job per line from standard input and writes one answer per line, as
// JSON. Starting the command takes a hundred times longer than what it does with a small file.
//
//	{"id", "do": "encrypt", "input", "output", "text", "age", "rule", "macOnlyEncrypted", "indent"}
//	{"id", "do": "decrypt", "input", "output", "text", "ignoreMac", "indent"}   with the identities in SOPS_AGE_KEY
//	{"id", "do": "read", "input", "text"}
//	{"id", "do": "emit", "output", "branches"}
//
// An answer is {"id", "exit", "message", "text", "branches"}: what the command would end with and print. The branches are
// the trees that were decrypted or read.
//
// Formats have the names of --input-type, texts are in base64, a rule is named as in the metadata. A job in which sops
// panics or does not come to an end has the exit code 2 of Go, or -1; after the latter the server ends, since
// nothing else would stop sops.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/getsops/sops/v3/logging"
)

type job struct {
	ID               int               `json:"id"`
	Do               string            `json:"do"`
	Input            string            `json:"input"`
	Output           string            `json:"output"`
	Text             []byte            `json:"text"`
	Age              string            `json:"age"`
	Rule             map[string]string `json:"rule"`
	MACOnlyEncrypted bool              `json:"macOnlyEncrypted"`
	IgnoreMAC        bool              `json:"ignoreMac"`
	Indent           *int              `json:"indent"`
	Branches         []node            `json:"branches"`
	// Milliseconds.
	Timeout int `json:"timeout"`
}

type answer struct {
	ID       int    `json:"id"`
	Exit     int    `json:"exit"`
	Message  string `json:"message,omitempty"`
	Text     []byte `json:"text"`
	Branches []node `json:"branches,omitempty"`
}

const (
	exitPanic   = 2
	exitTimeout = -1
)

func run(j job) (a answer) {
	defer func() {
		if r := recover(); r != nil {
			a = answer{Exit: exitPanic, Message: fmt.Sprintf("panic: %v", r)}
		}
	}()
	var err error
	switch j.Do {
	case "encrypt":
		a.Text, err = encrypt(j)
	case "decrypt":
		a.Text, a.Branches, err = decrypt(j)
	case "read":
		a.Branches, err = read(j)
	case "emit":
		a.Text, err = emit(j)
	default:
		err = fmt.Errorf("no job %q", j.Do)
	}
	if err != nil {
		return answer{Exit: exitCode(err), Message: err.Error()}
	}
	return a
}

func main() {
	logging.SetLevel(logrus.PanicLevel)
	in, out := json.NewDecoder(bufio.NewReaderSize(os.Stdin, 1<<16)), json.NewEncoder(os.Stdout)
	for {
		var j job
		if err := in.Decode(&j); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			// No job is left out in silence.
			panic(err)
		}
		done := make(chan answer, 1)
		go func() { done <- run(j) }()
		select {
		case a := <-done:
			a.ID = j.ID
			must(0, out.Encode(a))
		case <-time.After(time.Duration(j.Timeout) * time.Millisecond):
			must(0, out.Encode(answer{ID: j.ID, Exit: exitTimeout, Message: "timeout"}))
			return
		}
	}
}
