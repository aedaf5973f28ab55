// Verifies an exported audit log with code that is not ours: the note and tlog
// packages of golang.org/x/mod, which the Go checksum database runs on.
//
// Usage: verify FOLDER
//
//	FOLDER/checkpoint, FOLDER/key          a signed note and the key it verifies with
//	FOLDER/tile/…                          tiles and entry bundles (C2SP tlog-tiles)
//	FOLDER/inclusion.json                  {index,size,leaf,hashes,checkpoint}
//	FOLDER/consistency.json                {old,size,hashes,checkpoint}
//	FOLDER/checkpoint.old                  the checkpoint of the size `old`
//
// It opens the notes, recomputes the tree from the leaves in the bundles,
// compares every tile with it, and checks both proofs.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const tileHeight = 8
const tileWidth = 1 << tileHeight

type proof struct {
	Index      int64
	Old        int64
	Size       int64
	Leaf       string
	Hashes     []string
	Checkpoint string
}

func must(err error, what string) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", what, err)
		os.Exit(1)
	}
}

func read(folder, name string) []byte {
	data, err := os.ReadFile(filepath.Join(folder, name))
	must(err, name)
	return data
}

// tilePath is the path of C2SP tlog-tiles; tlog's own has the height in it.
func tilePath(kind string, index int64, width int) string {
	path := fmt.Sprintf("%03d", index%1000)
	for index >= 1000 {
		index /= 1000
		path = fmt.Sprintf("x%03d/%s", index%1000, path)
	}
	if width < tileWidth {
		path += fmt.Sprintf(".p/%d", width)
	}
	return "tile/" + kind + "/" + path
}

// open checks the signature and gives the tree that the checkpoint names.
func open(text []byte, key string) tlog.Tree {
	verifier, err := note.NewVerifier(strings.TrimSpace(key))
	must(err, "key")
	opened, err := note.Open(text, note.VerifierList(verifier))
	must(err, "checkpoint")
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		must(fmt.Errorf("not three lines of this log"), "checkpoint")
	}
	var tree tlog.Tree
	_, err = fmt.Sscanf(lines[1], "%d", &tree.N)
	must(err, "size")
	tree.Hash, err = tlog.ParseHash(lines[2])
	must(err, "root")
	return tree
}

// leaves reads all entry bundles.
func leaves(folder string, size int64) [][]byte {
	var all [][]byte
	for at := int64(0); at < size; at += tileWidth {
		width := int(size - at)
		if width > tileWidth {
			width = tileWidth
		}
		name := tilePath("entries", at/tileWidth, width)
		data := read(folder, name)
		for i := 0; i < width; i++ {
			if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
				must(fmt.Errorf("cut short"), name)
			}
			end := 2 + int(binary.BigEndian.Uint16(data))
			all = append(all, data[2:end])
			data = data[end:]
		}
		if len(data) != 0 {
			must(fmt.Errorf("more than its entries"), name)
		}
	}
	return all
}

// build makes tlog's own storage of all hashes from the leaves.
func build(all [][]byte) tlog.HashReaderFunc {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		found := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			found[i] = stored[index]
		}
		return found, nil
	})
	for i, leaf := range all {
		hashes, err := tlog.StoredHashes(int64(i), leaf, reader)
		must(err, "hashing")
		stored = append(stored, hashes...)
	}
	return reader
}

// tiles compares every hash tile of the folder with the tree.
func tiles(folder string, size int64, reader tlog.HashReader) int {
	count := 0
	for level := 0; size>>(tileHeight*level) > 0; level++ {
		hashes := size >> (tileHeight * level)
		for at := int64(0); at < hashes; at += tileWidth {
			width := int(hashes - at)
			if width > tileWidth {
				width = tileWidth
			}
			tile := tlog.Tile{H: tileHeight, L: level, N: at / tileWidth, W: width}
			expected, err := tlog.ReadTileData(tile, reader)
			must(err, "tile")
			name := tilePath(fmt.Sprint(level), tile.N, width)
			if !bytes.Equal(expected, read(folder, name)) {
				must(fmt.Errorf("another tile than the tree has"), name)
			}
			count++
		}
	}
	return count
}

func proofOf(folder, name string) (proof, []tlog.Hash) {
	var p proof
	must(json.Unmarshal(read(folder, name), &p), name)
	var hashes []tlog.Hash
	for _, text := range p.Hashes {
		data, err := base64.StdEncoding.DecodeString(text)
		must(err, name)
		var hash tlog.Hash
		if copy(hash[:], data) != tlog.HashSize {
			must(fmt.Errorf("not a hash"), name)
		}
		hashes = append(hashes, hash)
	}
	return p, hashes
}

func main() {
	if len(os.Args) != 2 {
		must(fmt.Errorf("verify FOLDER"), "usage")
	}
	folder := os.Args[1]
	key := string(read(folder, "key"))
	tree := open(read(folder, "checkpoint"), key)
	all := leaves(folder, tree.N)
	reader := build(all)
	root, err := tlog.TreeHash(tree.N, reader)
	must(err, "root")
	if root != tree.Hash {
		must(fmt.Errorf("the entries have another root"), "checkpoint")
	}
	count := tiles(folder, tree.N, reader)

	in, hashes := proofOf(folder, "inclusion.json")
	head := open([]byte(in.Checkpoint), key)
	leaf := tlog.RecordHash([]byte(in.Leaf))
	must(tlog.CheckRecord(hashes, head.N, head.Hash, in.Index, leaf), "inclusion.json")
	if !bytes.Equal(all[in.Index], []byte(in.Leaf)) {
		must(fmt.Errorf("not the entry of the bundle"), "inclusion.json")
	}

	con, hashes := proofOf(folder, "consistency.json")
	head = open([]byte(con.Checkpoint), key)
	old := open(read(folder, "checkpoint.old"), key)
	if old.N != con.Old {
		must(fmt.Errorf("another size than the old checkpoint"), "consistency.json")
	}
	must(tlog.CheckTree(hashes, head.N, head.Hash, old.N, old.Hash), "consistency.json")
	if tlog.CheckTree(hashes, head.N, head.Hash, old.N, head.Hash) == nil {
		must(fmt.Errorf("a wrong root passes"), "consistency.json")
	}
	fmt.Printf("%d entries, %d tiles, an inclusion and a consistency proof: good\n",
		tree.N, count)
}
