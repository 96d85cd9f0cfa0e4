package org.jvisor.launcher.image;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** An HTTP server on the loopback interface that serves byte arrays by path. */
final class HttpFolder implements AutoCloseable {
    final Map<String, byte[]> files = new ConcurrentHashMap<>();
    private final ServerSocket server;

    HttpFolder() throws IOException {
        server = new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
        Thread.ofPlatform().daemon().name("http-folder").start(this::serve);
    }

    String url() {
        return "http://127.0.0.1:" + server.getLocalPort() + "/debian";
    }

    private void serve() {
        while (!server.isClosed()) {
            try (Socket socket = server.accept()) {
                answer(socket);
            } catch (IOException e) {
                // The client left, or the test is over.
            }
        }
    }

    private void answer(Socket socket) throws IOException {
        BufferedReader request =
                new BufferedReader(
                        new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
        String first = request.readLine();
        String line = first;
        while (line != null && !line.isEmpty()) {
            line = request.readLine();
        }
        String path = first == null ? "" : first.replaceFirst("^GET /debian/(\\S*) .*", "$1");
        byte[] file = files.get(path);
        byte[] body = file == null ? new byte[0] : file;
        OutputStream out = socket.getOutputStream();
        String head =
                "HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
                        .formatted(file == null ? "404 Not Found" : "200 OK", body.length);
        out.write(head.getBytes(StandardCharsets.US_ASCII));
        out.write(body);
        out.flush();
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
