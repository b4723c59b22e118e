// Command oracle answers, from Kubernetes' own code, what a merge of two Pods gives.
//
// It reads one JSON request a line and writes one JSON answer a line, in order. Integers are int64, as in Kubernetes; a
// float is written with a dot or an exponent, so that 80.0 is not taken for 80.
//
//	{"op": "schema"}                                   the structs of a Pod, by reflection, beside their structured-merge-diff schema
//	{"op": "strategic", "original": {}, "patch": {}}   strategicpatch, with the struct of corev1.Pod
//	{"op": "apply", "original": {}, "patch": {}, "table": "apply"}
//	                                                   typed.Merge with the Pod's schema; the original may hold repeated keys.
//	                                                   Table "compose": the same schema with every map and struct granular.
//	                                                   With "raw": {}, the original as it was before something was taken out of
//	                                                   it, that is checked too; in table "compose" it may not repeat a key
//	{"op": "decode", "manifest": {}}                   decoded strictly into corev1.Pod, and encoded again
//	{"op": "yaml", "text": "a: 1"}                     sigs.k8s.io/yaml
//	{"op": "bench", "original": {}, "patch": {}, "n": 1000}
//	                                                   nanoseconds an operation of strategicpatch, bytes to bytes and maps to maps.
//	                                                   With "merge": "apply", of typed.Merge; "rfc7396" and "json-patch", of the
//	                                                   library that kubectl uses for these, which takes bytes alone
//	{"op": "modules"}                                  the Go modules it is built from, and their versions
//	{"op": "weigh", "original": {}, "patch": {}, "n": 64}
//	                                                   the bytes of memory that one more result takes; "merge" as above
//
// An answer is {"ok": value}, {"error": text}, or {"panic": text} where Kubernetes' code panicked. "strategic" is asked several
// times over; where the answers differ, because Go walks maps in random order, the answer is {"race": [answer, answer]}.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
)

type request struct {
	Op       string          `json:"op"`
	Original json.RawMessage `json:"original"`
	Patch    json.RawMessage `json:"patch"`
	Raw      json.RawMessage `json:"raw"`
	Manifest json.RawMessage `json:"manifest"`
	Table    string          `json:"table"`
	Text     string          `json:"text"`
	Merge    string          `json:"merge"`
	N        int             `json:"n"`
}

type answer map[string]any

var operations = map[string]func(request) answer{
	"schema":    dumpSchema,
	"strategic": strategic,
	"apply":     apply,
	"decode":    decode,
	"yaml":      readYAML,
	"bench":     bench,
	"weigh":     weigh,
	"modules":   allModules,
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	defer out.Flush()
	for {
		line, err := in.ReadBytes('\n')
		if len(line) > 0 {
			write(out, respond(line))
		}
		if err != nil {
			return
		}
		if in.Buffered() == 0 {
			out.Flush()
		}
	}
}

func respond(line []byte) answer {
	var asked request
	if err := json.Unmarshal(line, &asked); err != nil {
		return answer{"error": "request: " + err.Error()}
	}
	operation, known := operations[asked.Op]
	if !known {
		return answer{"error": "request: unknown op " + asked.Op}
	}
	return guarded(func() answer { return operation(asked) })
}

func guarded(work func() answer) (result answer) {
	defer func() {
		if cause := recover(); cause != nil {
			result = answer{"panic": fmt.Sprint(cause)}
		}
	}()
	return work()
}

func write(out *bufio.Writer, result answer) {
	text, err := json.Marshal(exact(map[string]any(result)))
	if err != nil {
		text, _ = json.Marshal(answer{"error": "answer: " + err.Error()})
	}
	out.Write(text)
	out.WriteByte('\n')
}
