;; Has one function of more than a megabyte.
;; expect: refused bytes in one function, and at most 1048576 are compiled
(component
  (core module
    (func (local i32)
;; repeat 300000
      (local.set 0 (i32.const 1))
;; end
    ))
)
