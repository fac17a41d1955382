;; Has more functions than are compiled.
;; expect: refused functions, and at most 100000 are compiled
(component
  (core module
;; repeat 100001
    (func)
;; end
  )
)
