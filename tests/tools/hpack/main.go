// HPACK of golang.org/x/net/http2/hpack, as tests/support/hpack_peer.ts asks it: sessions of blocks
// and limits, a line of JSON each.
package main

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"log"
	"os"
	"strings"

	"golang.org/x/net/http2/hpack"
)

const defaultTableSize = 4096

type step struct {
	Limit *uint32 `json:"limit,omitempty"`
	// Names and values in turn; a character is a byte.
	Fields []string `json:"fields,omitempty"`
	// In hexadecimal digits.
	Block *string `json:"block,omitempty"`
}

type question struct {
	Encode []step `json:"encode"`
	Decode []step `json:"decode"`
}

type answer struct {
	Wire    []step     `json:"wire"`
	Lists   [][]string `json:"lists"`
	Refused string     `json:"refused,omitempty"`
}

func main() {
	lines := bufio.NewReader(os.Stdin)
	answers := json.NewEncoder(os.Stdout)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var asked question
		if err := json.Unmarshal(line, &asked); err != nil {
			log.Fatal(err)
		}
		result := decode(asked.Decode)
		if asked.Encode != nil {
			result = encode(asked.Encode)
		}
		if err := answers.Encode(result); err != nil {
			log.Fatal(err)
		}
	}
}

func encode(steps []step) answer {
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	wire := []step{}
	for _, step := range steps {
		if step.Limit != nil {
			encoder.SetMaxDynamicTableSize(*step.Limit)
			wire = append(wire, step)
			continue
		}
		block.Reset()
		for i := 0; i < len(step.Fields); i += 2 {
			name := toBytes(step.Fields[i])
			field := hpack.HeaderField{Name: name, Value: toBytes(step.Fields[i+1])}
			field.Sensitive = name == "authorization"
			if err := encoder.WriteField(field); err != nil {
				log.Fatal(err)
			}
		}
		digits := hex.EncodeToString(block.Bytes())
		step.Fields, step.Block = nil, &digits
		wire = append(wire, step)
	}
	return answer{Wire: wire}
}

func decode(steps []step) answer {
	decoder := hpack.NewDecoder(defaultTableSize, nil)
	lists := [][]string{}
	for _, step := range steps {
		if step.Limit != nil {
			decoder.SetAllowedMaxDynamicTableSize(*step.Limit)
			continue
		}
		block, err := hex.DecodeString(*step.Block)
		if err != nil {
			log.Fatal(err)
		}
		fields, err := decoder.DecodeFull(block)
		if err != nil {
			return answer{Refused: err.Error()}
		}
		list := []string{}
		for _, field := range fields {
			if !field.IsPseudo() {
				list = append(list, toCharacters(field.Name), toCharacters(field.Value))
			}
		}
		lists = append(lists, list)
	}
	return answer{Lists: lists}
}

func toBytes(text string) string {
	var out strings.Builder
	for _, character := range text {
		out.WriteByte(byte(character))
	}
	return out.String()
}

func toCharacters(text string) string {
	var out strings.Builder
	for i := range len(text) {
		out.WriteRune(rune(text[i]))
	}
	return out.String()
}
