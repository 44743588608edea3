package main

import (
	"fmt"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// open starts a call; what it sends is send's.
func (c *connection) open(due time.Time) *stream {
	s := &stream{id: c.nextID, window: c.streamWindow, due: due}
	c.nextID += 2
	c.streams[s.id] = s
	c.framer.WriteHeaders(http2.HeadersFrameParam{
		StreamID: s.id, BlockFragment: c.headerBlock(), EndHeaders: true,
	})
	return s
}

// headerBlock is the same for all calls but the first, which puts it into the dynamic table.
func (c *connection) headerBlock() []byte {
	if c.repeated != nil {
		return c.repeated
	}
	scheme := "http"
	if c.options.tls != nil {
		scheme = "https"
	}
	c.block.Reset()
	for _, field := range [][2]string{
		{":method", "POST"},
		{":scheme", scheme},
		{":path", c.options.path},
		{":authority", fmt.Sprintf("localhost:%d", c.options.port)},
		{"content-type", c.options.contentType},
		{"te", "trailers"},
	} {
		c.encoder.WriteField(hpack.HeaderField{Name: field[0], Value: field[1]})
	}
	if c.nextID > 3 {
		c.repeated = append([]byte(nil), c.block.Bytes()...)
	}
	return c.block.Bytes()
}

// send sends as much as the windows allow, and the rest when they allow more.
func (c *connection) send(s *stream, data []byte, ends bool) {
	s.sent++
	if len(s.pending) == 0 && int64(len(data)) <= min(s.window, c.window, frameBytes) {
		s.window -= int64(len(data))
		c.window -= int64(len(data))
		c.framer.WriteData(s.id, ends, data)
		return
	}
	s.pending = append(s.pending, data...)
	s.ends = ends
	c.sendPending(s)
}

func (c *connection) sendPending(s *stream) {
	for len(s.pending) > 0 {
		n := min(int64(len(s.pending)), s.window, c.window, frameBytes)
		if n <= 0 {
			return
		}
		s.window -= n
		c.window -= n
		isLast := n == int64(len(s.pending))
		c.framer.WriteData(s.id, isLast && s.ends, s.pending[:n])
		s.pending = s.pending[n:]
	}
}

// close says goodbye, as polite clients do.
func (c *connection) close() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.framer.WriteGoAway(0, http2.ErrCodeNo, nil)
	c.writer.Flush()
	c.socket.Close()
}
