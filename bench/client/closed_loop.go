package main

import "time"

// closedLoop holds a number of calls open on each connection: as one ends, the next begins. It is
// unary and server streaming calls alike, as both send one message.
type closedLoop struct{ options *options }

func (w closedLoop) ready(c *connection) {
	for range min(uint32(w.options.streams), c.maxCalls) {
		w.call(c)
	}
}

func (w closedLoop) call(c *connection) {
	c.send(c.open(time.Time{}), w.options.body, true)
}

func (closedLoop) received(*connection, *stream) {}

func (w closedLoop) ended(c *connection, _ *stream) { w.call(c) }

// bidi sends a number of messages on each call, of which so many are under way at a time: each
// reply lets the next one go.
type bidi struct{ options *options }

func (w bidi) ready(c *connection) {
	for range min(uint32(w.options.streams), c.maxCalls) {
		w.call(c)
	}
}

func (w bidi) call(c *connection) {
	s := c.open(time.Time{})
	for range min(w.options.window, w.options.times) {
		w.sendNext(c, s)
	}
}

func (w bidi) sendNext(c *connection, s *stream) {
	c.send(s, w.options.body, s.sent+1 == w.options.times)
}

func (w bidi) received(c *connection, s *stream) {
	if s.sent < w.options.times {
		w.sendNext(c, s)
	}
}

func (w bidi) ended(c *connection, _ *stream) { w.call(c) }

// idle calls nothing.
type idle struct{ connected chan<- struct{} }

func (w idle) ready(c *connection)         { w.connected <- struct{}{} }
func (idle) received(*connection, *stream) {}
func (idle) ended(*connection, *stream)    {}
