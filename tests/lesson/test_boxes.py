from helpers.lesson.boxes import Box


def test_a_box_as_text_has_title_text_columns_and_what_can_be_unfolded():
    box = Box("Title", "one\ntwo", "a  b", folded={"A. yes": "because"})
    assert repr(box) == "Title\none\ntwo\na  b\n  A. yes"


def test_html_is_escaped_and_folds_without_a_kernel():
    html = Box("1 < 2", "<b>", "x & y", folded={"<i>": "a\nb", "c": "d"})._repr_html_()
    assert "<strong>1 &lt; 2</strong>" in html
    assert "<p>&lt;b&gt;</p>" in html
    assert "<pre>x &amp; y</pre>" in html
    assert "<details><summary>&lt;i&gt;</summary><pre>a\nb</pre></details>" in html
    assert "<details><summary>c</summary><p>d</p></details>" in html


def test_what_is_stressed_is_set_so_but_not_in_code():
    html = Box("", "only *hidden* ones, `a * b * c` and 2 * 3 * 4")._repr_html_()
    assert "<p>only <em>hidden</em> ones, <code>a * b * c</code> and 2 * 3 * 4</p>" in html


def test_code_between_backquotes_is_set_as_code():
    assert "<p>use <code>a &lt; b</code> twice</p>" in Box("", "use `a < b` twice")._repr_html_()
