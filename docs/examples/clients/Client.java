// Checks one message by the service: java Client.java http://127.0.0.1:8080 message.xml [token]
// Ends with 0 where no rule objected, 1 where a person must look, 2 where nothing was checked. Java 17 or later; no library.
// Of the report the decision alone is taken here; read the rest with the JSON library that you have.
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

public final class Client {
    private static final int ATTEMPTS = 5;
    private static final Pattern DECISION = Pattern.compile("^\\{[^{}\\[\\]]*\"decision\":\"(none|note|review|hold)\"");

    /** Returns the decision, or null where nothing was checked: then hold the message. */
    private static String decide(String service, Path message, String token) throws IOException, InterruptedException {
        HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(Duration.ofSeconds(5)).build();
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(service + "/assess"))
            .timeout(Duration.ofSeconds(30))
            .header("Content-Type", "application/fhir+xml")
            .header("Accept", "application/json")
            .POST(HttpRequest.BodyPublishers.ofFile(message));
        if (token != null) {
            request.header("Authorization", "Bearer " + token);
        }
        for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
            long seconds = 1;
            try {
                HttpResponse<String> answer = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
                if (answer.statusCode() == 200) {
                    Matcher found = DECISION.matcher(answer.body());
                    return found.find() ? found.group(1) : null;
                }
                if (answer.statusCode() != 503) {
                    System.err.println("not checked: " + answer.body()); // a problem; it repeats nothing of the message
                    return null;
                }
                seconds = answer.headers().firstValueAsLong("Retry-After").orElse(1);
            } catch (IOException error) {
                System.err.println("the service is not there, or too slow"); // and is asked again
            }
            Thread.sleep(Duration.ofSeconds(seconds).toMillis());
        }
        return null;
    }

    public static void main(String[] arguments) throws IOException, InterruptedException {
        String decision = decide(arguments[0], Path.of(arguments[1]), arguments.length > 2 ? arguments[2] : null);
        System.out.println(decision == null ? "hold" : decision);
        System.exit(decision == null ? 2 : decision.equals("hold") || decision.equals("review") ? 1 : 0);
    }
}
