import java.io.IOException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/** Begins a handshake with the settings that Java comes with. */
public final class DefaultHello {
    private DefaultHello() {}

    public static void main(String[] arguments) {
        try (SSLSocket socket = (SSLSocket) SSLSocketFactory.getDefault().createSocket("127.0.0.1", Integer.parseInt(arguments[0]))) {
            socket.startHandshake();
        } catch (IOException expected) {
            // Nobody answers: the hello is all that is wanted.
        }
    }
}
