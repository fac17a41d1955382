;; Has nine memories, each of which takes gigabytes of the host's address space.
;; expect: refused the component has 9 memories, and at most 8 are compiled
(component
  (core module $m
    (memory 0)
    (memory 0)
    (memory 0)
    (memory 0)
    (memory 0)
    (memory 0)
    (memory 0)
    (memory 0)
    (memory 0)
    (func (export "f") ))
  (core instance $i (instantiate $m))
  (func (export "f") (canon lift (core func $i "f")))
)
