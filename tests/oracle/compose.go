package main

import (
	"sigs.k8s.io/structured-merge-diff/v6/schema"
	"sigs.k8s.io/structured-merge-diff/v6/typed"
)

// granular is a table in which every map and struct merges field by field; its lists are as they were.
func granular(table typed.ParseableType) typed.ParseableType {
	changed := &schema.Schema{}
	for i := range table.Schema.Types {
		named := &table.Schema.Types[i]
		changed.Types = append(changed.Types, schema.TypeDef{Name: named.Name, Atom: granularAtom(table.Schema, named.Atom)})
	}
	return typed.ParseableType{Schema: changed, TypeRef: table.TypeRef}
}

func granularAtom(old *schema.Schema, atom schema.Atom) schema.Atom {
	changed := schema.Atom{Scalar: atom.Scalar}
	if atom.List != nil {
		changed.List = &schema.List{
			ElementType:         granularRef(old, atom.List.ElementType),
			ElementRelationship: atom.List.ElementRelationship,
			Keys:                atom.List.Keys,
		}
	}
	if atom.Map != nil {
		changed.Map = &schema.Map{ElementType: granularRef(old, atom.Map.ElementType), ElementRelationship: schema.Separable}
		for _, field := range atom.Map.Fields {
			field.Type = granularRef(old, field.Type)
			changed.Map.Fields = append(changed.Map.Fields, field)
		}
	}
	return changed
}

// granularRef drops a reference's own "atomic", unless it refers to a list.
func granularRef(old *schema.Schema, ref schema.TypeRef) schema.TypeRef {
	changed := schema.TypeRef{NamedType: ref.NamedType, Nullable: ref.Nullable, ElementRelationship: ref.ElementRelationship}
	if ref.NamedType == nil {
		changed.Inlined = granularAtom(old, ref.Inlined)
	}
	if atom, found := old.Resolve(ref); found && atom.Map != nil && atom.List == nil {
		changed.ElementRelationship = nil
	}
	return changed
}
