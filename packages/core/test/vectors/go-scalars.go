// Writes go-scalars.json: what Go's strconv and time, which sops uses, make of texts.
// go run go-scalars.go > go-scalars.json
package main

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand"
	"os"
	"strconv"
	"time"
)

type scalar struct {
	In  string  `json:"in"`
	Out *string `json:"out"`
}

func main() {
	out := map[string][]scalar{}
	add := func(kind, in, text string, err error) {
		s := scalar{In: in}
		if err == nil {
			s.Out = &text
		}
		out[kind] = append(out[kind], s)
	}
	floats := []string{"0", "-0", "1", "1.0", "1e3", "1e-7", "1e23", "1e+23", "1.5e300", "5e-324", "1.7976931348623157e308",
		"1e309", "-1e309", "12345678901234567890", "0.1", ".5", "5.", "-.5e-3", "+1.5", "1_000", "1_000.5", "1__0", "_1", "1_", "1_.5", "1._5", ".5_5", "1e1_0", "1e_1", "-1_0", "0x1p-2", "inf", "Inf", "+inf", "-INF",
		"infinity", "nan", "NaN", "+nan", "", ".", "e5", "1e", "1e5.5", " 1", "1 ", "00012", "1.50000", ".inf", "1.5000000000000000000000000000000000001"}
	r := rand.New(rand.NewSource(1))
	for i := 0; i < 150; i++ {
		f := math.Float64frombits(r.Uint64())
		if !math.IsNaN(f) {
			floats = append(floats, strconv.FormatFloat(f, 'g', -1, 64))
		}
		floats = append(floats, strconv.FormatFloat(r.NormFloat64()*math.Pow(10, float64(r.Intn(30)-10)), 'g', -1, 64))
	}
	for _, in := range floats {
		v, err := strconv.ParseFloat(in, 64)
		add("float", in, strconv.FormatFloat(v, 'f', -1, 64), err)
	}
	for _, in := range []string{"0", "-0", "+0", "1", "-1", "+1", "007", "-0012", "9223372036854775807", "9223372036854775808",
		"-9223372036854775808", "-9223372036854775809", "000000000000000000000000000000000000005", "1_000", "0x10", "", "-", "+", " 1", "1 ", "1.0", "1e3", "--1"} {
		v, err := strconv.Atoi(in)
		add("int", in, strconv.Itoa(v), err)
	}
	for _, in := range []string{"1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False", "tRUE", "yes", "", "on", " true"} {
		v, err := strconv.ParseBool(in)
		text := "False"
		if v {
			text = "True"
		}
		add("bool", in, text, err)
	}
	for _, in := range []string{"2024-02-29T00:00:00Z", "2023-02-29T00:00:00Z", "2024-02-29T10:11:12.5Z", "2024-02-29T10:11:12.500Z",
		"2024-02-29T10:11:12.123456789Z", "2024-02-29T10:11:12.000000000171819Z", "2024-02-29T10:11:12.1234567891234Z", "2024-02-29T10:11:12+02:00",
		"2024-02-29T10:11:12+00:00", "2024-02-29T10:11:12-00:00", "2024-02-29T10:11:12.000-05:30", "2024-02-29 10:11:12Z", "2024-02-29",
		"2024-2-29T10:11:12Z", "2024-13-01T00:00:00Z", "2024-01-32T00:00:00Z", "2024-01-01T24:00:00Z", "2024-01-01T00:60:00Z", "2024-01-01T00:00:60Z",
		"2024-01-01t00:00:00Z", "2024-01-01T00:00:00z", "2024-01-01T00:00:00", "2024-01-01T00:00:00,5Z", "2024-01-01T00:00:00+24:00", "2024-01-01T00:00:00+23:60",
		"0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z", "1900-02-29T00:00:00Z", "2000-02-29T00:00:00Z", "2024-01-01T00:00:00.Z", ""} {
		var v time.Time
		err := v.UnmarshalText([]byte(in))
		var text []byte
		if err == nil {
			text, err = v.MarshalText()
		}
		add("time", in, string(text), err)
	}
	e := json.NewEncoder(os.Stdout)
	e.SetIndent("", " ")
	if err := e.Encode(out); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
