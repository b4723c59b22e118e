// Command bench times kustomize's strategic merge patch in process: what a build does for one patch of one resource.
//
// It reads one JSON request a line and writes one JSON answer a line, as the program of tests/oracle does:
//
//	{"op": "modules"}                                             the Go modules it is built from, and their versions
//	{"op": "bench", "original": {}, "patch": {}, "n": 1000}       nanoseconds a merge: of resources, and from JSON to JSON
//	{"op": "weigh", "original": {}, "patch": {}, "n": 64}         the bytes of memory that one more result takes
//
// An answer is {"ok": value}, or {"error": text}.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"sigs.k8s.io/kustomize/api/provider"
	"sigs.k8s.io/kustomize/api/resource"
)

type request struct {
	Op       string          `json:"op"`
	Original json.RawMessage `json:"original"`
	Patch    json.RawMessage `json:"patch"`
	N        int             `json:"n"`
}

var (
	factory    = provider.NewDefaultDepProvider().GetResourceFactory()
	operations = map[string]func(request) (any, error){"modules": modules, "bench": bench, "weigh": weigh}
)

func main() {
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var asked request
		if err := in.Decode(&asked); err != nil {
			return
		}
		value, err := operations[asked.Op](asked)
		if err != nil {
			_ = out.Encode(map[string]any{"error": err.Error()})
			continue
		}
		_ = out.Encode(map[string]any{"ok": value})
	}
}

func modules(request) (any, error) {
	found := map[string]string{}
	info, known := debug.ReadBuildInfo()
	if !known {
		return nil, fmt.Errorf("built without its modules")
	}
	for _, dependency := range info.Deps {
		found[dependency.Path] = dependency.Version
	}
	return found, nil
}

func bench(asked request) (any, error) {
	var inBytes, inNodes time.Duration
	for range asked.N {
		start := time.Now()
		original, patch, err := read(asked)
		if err != nil {
			return nil, err
		}
		parsed := time.Now()
		if err := original.ApplySmPatch(patch); err != nil {
			return nil, err
		}
		inNodes += time.Since(parsed)
		if _, err := original.MarshalJSON(); err != nil {
			return nil, err
		}
		inBytes += time.Since(start)
	}
	each := func(total time.Duration) float64 { return float64(total.Nanoseconds()) / float64(max(asked.N, 1)) }
	return map[string]any{"bytes_ns": each(inBytes), "maps_ns": each(inNodes), "n": asked.N}, nil
}

func weigh(asked request) (any, error) {
	kept := make([]*resource.Resource, asked.N)
	before := inUse()
	for i := range kept {
		original, patch, err := read(asked)
		if err != nil {
			return nil, err
		}
		if err := original.ApplySmPatch(patch); err != nil {
			return nil, err
		}
		kept[i] = original
	}
	taken := inUse() - before
	runtime.KeepAlive(kept)
	return map[string]any{"bytes": taken / int64(max(asked.N, 1))}, nil
}

func read(asked request) (original, patch *resource.Resource, err error) {
	if original, err = factory.FromBytes(asked.Original); err != nil {
		return nil, nil, err
	}
	patch, err = factory.FromBytes(asked.Patch)
	return original, patch, err
}

func inUse() int64 {
	var state runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&state)
	return int64(state.HeapAlloc)
}
