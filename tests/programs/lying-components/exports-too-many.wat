;; Exports a function under more names than are compiled.
;; expect: refused imports, exports and other definitions, and at most 100000 are compiled
(component
  (core module $m (func (export "f")))
  (core instance $i (instantiate $m))
  (func $f (canon lift (core func $i "f")))
;; repeat 100001
  (export "f-@" (func $f))
;; end
)
