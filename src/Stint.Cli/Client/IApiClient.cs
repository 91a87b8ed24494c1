using System.Net.WebSockets;
using System.Text.Json.Serialization.Metadata;
using Stint.Protocol.Api;

namespace Stint.Cli.Client;

/// <summary>
/// The API over the local socket (or TLS with a token): HTTP/1.1 written by hand on one socket, because HttpClient alone costs
/// more start-up time than a whole sbatch may take.
/// </summary>
public interface IApiClient
{
    /// <summary>Throws <see cref="ApiRefusedException"/> when the server refuses and <see cref="ApiUnreachableException"/> when there is none.</summary>
    Task<TResponse> GetAsync<TResponse>(string pathAndQuery, JsonTypeInfo<TResponse> type, CancellationToken cancellation);
    Task<TResponse> PostAsync<TRequest, TResponse>(string path, TRequest body, JsonTypeInfo<TRequest> requestType, JsonTypeInfo<TResponse> responseType, CancellationToken cancellation);
    Task<TResponse> DeleteAsync<TResponse>(string path, JsonTypeInfo<TResponse> type, CancellationToken cancellation);
    /// <summary>POST /api/v1/jobs; repeated by the client while the server restarts, when the request carries a client token.</summary>
    Task<SubmitResponse> SubmitAsync(SubmitRequest request, CancellationToken cancellation) =>
        PostAsync("/api/v1/jobs", request, ApiJson.Default.SubmitRequest, ApiJson.Default.SubmitResponse, cancellation);
    Task<Stream> GetStreamAsync(string pathAndQuery, CancellationToken cancellation);
    Task<WebSocket> ConnectWebSocketAsync(string path, CancellationToken cancellation);
}

public sealed class ApiRefusedException(int status, RefusalView refusal) : Exception(refusal.Sentence)
{
    public int Status { get; } = status;
    public RefusalView Refusal { get; } = refusal;
}

/// <param name="message">Names the socket tried, the errno text and the next step.</param>
public sealed class ApiUnreachableException(string message, Exception inner) : Exception(message, inner);
