# The benchmark's programs and its addon, built only with -Dbench=1, into a folder of their own.
{
  'variables': {
    # Relative to binding.gyp: gyp adapts the paths of an included file's sources, not of its variables.
    'bench_multiplexers': [
      'bench/native/multiplexer.c',
      'bench/native/multiplexer_poll.c',
      'bench/native/multiplexer_select.c',
      'bench/native/multiplexer_epoll.c',
    ],
  },
  'conditions': [
    ['bench==1', {
      'targets': [
        {
          'target_name': 'bench-uv',
          # Not a loadable_module: of those gyp leaves a copy that ends in .node beside
          # asyncore.node, where a search for the library's addon could find it.
          'type': 'shared_library',
          'product_prefix': '',
          'product_name': 'bench-uv',
          'product_extension': 'addon',
          'product_dir': '<(PRODUCT_DIR)/bench',
          'cflags': ['-Wall', '-Wextra'],
          'sources': [
            'native/addon.c',
            'native/uv_stream_echo.c',
            'native/uv_poll_echo.c',
            'native/uv_rings.c',
            'native/echo_connection.c',
            'native/ring.c',
            'native/support.c',
          ],
        },
        {
          'target_name': 'bench-echo-server',
          'type': 'executable',
          'product_name': 'echo-server',
          'product_dir': '<(PRODUCT_DIR)/bench',
          'cflags': ['-Wall', '-Wextra'],
          'sources': [
            'native/echo_server.c',
            'native/echo_connection.c',
            '<@(bench_multiplexers)',
            'native/support.c',
          ],
        },
        {
          'target_name': 'bench-pipe-ring',
          'type': 'executable',
          'product_name': 'pipe-ring',
          'product_dir': '<(PRODUCT_DIR)/bench',
          'cflags': ['-Wall', '-Wextra'],
          'sources': [
            'native/pipe_ring.c',
            'native/ring.c',
            '<@(bench_multiplexers)',
            'native/support.c',
          ],
        },
        {
          'target_name': 'bench-bulk-reader',
          'type': 'executable',
          'product_name': 'bulk-reader',
          'product_dir': '<(PRODUCT_DIR)/bench',
          'cflags': ['-Wall', '-Wextra'],
          'sources': [
            'native/bulk_reader.c',
            '<@(bench_multiplexers)',
            'native/support.c',
          ],
        },
        {
          'target_name': 'bench-bulk-writer',
          'type': 'executable',
          'product_name': 'bulk-writer',
          'product_dir': '<(PRODUCT_DIR)/bench',
          'cflags': ['-Wall', '-Wextra'],
          'sources': ['native/bulk_writer.c', 'native/support.c'],
        },
        {
          'target_name': 'bench-load-generator',
          'type': 'executable',
          'product_name': 'load-generator',
          'product_dir': '<(PRODUCT_DIR)/bench',
          'cflags': ['-Wall', '-Wextra'],
          'libraries': ['-lm'],
          'sources': [
            'native/load_generator.c',
            'native/load.c',
            'native/load_closed.c',
            'native/load_open.c',
            'native/load_churn.c',
            'native/load_lines.c',
            'native/histogram.c',
            'native/support.c',
          ],
        },
      ],
    }],
  ],
}
