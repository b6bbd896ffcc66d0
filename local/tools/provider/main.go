// The Pulumi Kubernetes provider: its own library behind the schema that its module carries.
package main

import (
	_ "embed"

	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
)

// The build copies both files here from the module; they are not in the repository.
//
//go:embed schema.json
var schema []byte

//go:embed terraform-mapping.json
var mapping []byte

func main() {
	provider.Serve("kubernetes", "4.25.0", schema, mapping)
}
