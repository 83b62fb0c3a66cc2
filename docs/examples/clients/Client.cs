// Checks one message by the service: dotnet run -- http://127.0.0.1:8080 message.xml [token]
// Ends with 0 where no rule objected, 1 where a person must look, 2 where nothing was checked. .NET 8 or later; no package.
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

const int Attempts = 5;

var report = await Assess(args[0], await File.ReadAllBytesAsync(args[1]), args.Length > 2 ? args[2] : null);
if (report is null)
{
    Console.WriteLine("hold");
    return 2;
}
var decision = report.RootElement.GetProperty("decision").GetString();
Console.WriteLine(decision);
foreach (var result in report.RootElement.GetProperty("results").EnumerateArray())
{
    if (result.GetProperty("action").GetString() != "none" && result.GetProperty("overridden").ValueKind == JsonValueKind.Null)
    {
        Console.WriteLine($"{result.GetProperty("action").GetString()}: {result.GetProperty("message").GetString()}");
    }
}
return decision is "hold" or "review" ? 1 : 0;

// The report, or null where nothing was checked: then hold the message.
static async Task<JsonDocument?> Assess(string service, byte[] message, string? token)
{
    using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(30) };
    for (var attempt = 1; attempt <= Attempts; attempt++)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{service}/assess") { Content = new ByteArrayContent(message) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/fhir+xml");
        request.Headers.Accept.ParseAdd("application/json");
        if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }
        var pause = TimeSpan.FromSeconds(1);
        try
        {
            using var answer = await client.SendAsync(request);
            if (answer.StatusCode == HttpStatusCode.OK)
            {
                return JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync());
            }
            if (answer.StatusCode != HttpStatusCode.ServiceUnavailable)
            {
                Console.Error.WriteLine($"not checked: {await answer.Content.ReadAsStringAsync()}"); // it repeats nothing of the message
                return null;
            }
            pause = answer.Headers.RetryAfter?.Delta ?? pause;
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
        {
            Console.Error.WriteLine("the service is not there, or too slow"); // and is asked again
        }
        await Task.Delay(pause);
    }
    return null;
}
