package main

import (
	"reflect"
	"runtime/debug"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/applyconfigurations"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/structured-merge-diff/v6/schema"
	"sigs.k8s.io/structured-merge-diff/v6/typed"
)

// podType is the Pod in the schema of server-side apply.
func podType() typed.ParseableType {
	converter := applyconfigurations.NewTypeConverter(scheme.Scheme)
	value, err := converter.ObjectToTyped(&corev1.Pod{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}})
	if err != nil {
		panic(err)
	}
	return typed.ParseableType{Schema: value.Schema(), TypeRef: value.TypeRef()}
}

var scalars = map[string]bool{"IntOrString": true, "Quantity": true, "Time": true, "MicroTime": true}

func dumpSchema(request) answer {
	pod := podType()
	dump := &dumper{schema: pod.Schema, types: map[string]any{}}
	dump.describe(reflect.TypeFor[corev1.Pod](), pod.TypeRef)
	return answer{"ok": map[string]any{"modules": modules(), "types": dump.types}}
}

func modules() map[string]any {
	found := map[string]any{}
	info, _ := debug.ReadBuildInfo()
	for _, dependency := range info.Deps {
		if strings.HasPrefix(dependency.Path, "k8s.io/api") || strings.HasPrefix(dependency.Path, "k8s.io/client-go") ||
			strings.HasPrefix(dependency.Path, "sigs.k8s.io/structured-merge-diff") {
			found[dependency.Path] = dependency.Version
		}
	}
	return found
}

// allModules are all of them, by name.
func allModules(request) answer {
	found := map[string]any{}
	info, _ := debug.ReadBuildInfo()
	for _, dependency := range info.Deps {
		found[dependency.Path] = dependency.Version
	}
	return answer{"ok": found}
}

// dumper walks a Go struct and its structured-merge-diff type side by side.
type dumper struct {
	schema *schema.Schema
	types  map[string]any
}

func (d *dumper) describe(goType reflect.Type, ref schema.TypeRef) {
	if _, done := d.types[goType.Name()]; done {
		return
	}
	atom := d.resolve(ref)
	fields := map[string]any{}
	relation := map[string]any{"relationship": string(atom.Map.ElementRelationship), "free": atom.Map.ElementType != (schema.TypeRef{})}
	d.types[goType.Name()] = map[string]any{"fields": fields, "apply": relation}
	d.describeFields(goType, atom, fields)
}

func (d *dumper) describeFields(goType reflect.Type, atom schema.Atom, fields map[string]any) {
	for i := range goType.NumField() {
		field := goType.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		if name == "" {
			d.describeFields(field.Type, atom, fields)
			continue
		}
		declared, found := atom.Map.FindField(name)
		if !found {
			fields[name] = map[string]any{"error": "not in the schema of server-side apply"}
			continue
		}
		fields[name] = d.field(field, declared.Type)
	}
}

func (d *dumper) field(field reflect.StructField, ref schema.TypeRef) map[string]any {
	goType, pointer := pointed(field.Type)
	kind := kindOf(goType)
	element, elementRef := goType, ref
	atom := d.resolve(ref)
	if kind == "list" || kind == "map" {
		element, _ = pointed(goType.Elem())
		if atom.List != nil {
			elementRef = atom.List.ElementType
		} else if atom.Map != nil {
			elementRef = atom.Map.ElementType
		}
	}
	of := kindOf(element)
	if of == "struct" {
		of = element.Name()
		d.describe(element, elementRef)
	}
	return map[string]any{
		"kind": kind, "of": of, "pointer": pointer, "apply": d.relation(atom),
		"patchStrategy": field.Tag.Get("patchStrategy"), "patchMergeKey": field.Tag.Get("patchMergeKey"),
	}
}

// relation is how server-side apply treats a field.
func (d *dumper) relation(atom schema.Atom) map[string]any {
	switch {
	case atom.List != nil:
		keys, defaults := []any{}, map[string]any{}
		element := d.resolve(atom.List.ElementType)
		for _, key := range atom.List.Keys {
			keys = append(keys, key)
			if declared, found := element.Map.FindField(key); found {
				defaults[key] = declared.Default
			}
		}
		return map[string]any{"kind": "list", "relationship": string(atom.List.ElementRelationship), "keys": keys, "defaults": defaults}
	case atom.Map != nil:
		return map[string]any{"kind": "map", "relationship": string(atom.Map.ElementRelationship)}
	}
	return map[string]any{"kind": "scalar", "scalar": string(*atom.Scalar)}
}

func (d *dumper) resolve(ref schema.TypeRef) schema.Atom {
	atom, found := d.schema.Resolve(ref)
	if !found {
		panic("no such type in the schema")
	}
	return atom
}

func pointed(goType reflect.Type) (reflect.Type, bool) {
	if goType.Kind() == reflect.Pointer {
		return goType.Elem(), true
	}
	return goType, false
}

func kindOf(goType reflect.Type) string {
	if scalars[goType.Name()] {
		return goType.Name()
	}
	switch goType.Kind() {
	case reflect.Struct:
		return "struct"
	case reflect.Map:
		return "map"
	case reflect.Slice:
		return "list"
	case reflect.Bool:
		return "boolean"
	}
	return goType.Kind().String()
}
