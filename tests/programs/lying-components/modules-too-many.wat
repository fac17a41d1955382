;; Has more modules than are compiled.
;; expect: refused modules and components within it, and at most 200 are compiled
(component
;; repeat 201
  (core module)
;; end
)
